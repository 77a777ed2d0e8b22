import { EventReader, type PageEvent } from "./event-stream.ts";

const storedAs = "nitro-token";

/** What the server refused, or why it could not be asked. */
export class PageError extends Error {
  /** What to do about it. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

/** Anything thrown, as the page shows it. */
export function asPageError(error: unknown): PageError {
  return error instanceof PageError ? error : new PageError(String(error));
}

/** Keeps the token of the address for this tab, and takes it out of the address: nobody reads it over a shoulder or in a history. */
export function keepToken(): void {
  const found = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
  if (found === undefined) return;
  sessionStorage.setItem(storedAs, found);
  history.replaceState(null, "", location.pathname);
}

/** Asks for something. @throws PageError */
export function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  return answered(path, { signal: signal ?? null });
}

/** Has the server do something. @throws PageError */
export function post<T>(path: string, body: object = {}, signal?: AbortSignal): Promise<T> {
  return answered(path, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "content-type": "application/json" },
    signal: signal ?? null,
  });
}

async function answered<T>(path: string, request: RequestInit): Promise<T> {
  const response = await send(path, request);
  return (await response.json()) as T;
}

/**
 * Follows what goes on, as events. Headers carry the token, which EventSource cannot send.
 * @throws PageError once the server ends it, or cannot be reached
 */
export async function followEvents(path: string, signal: AbortSignal, onEvents: (events: readonly PageEvent[]) => void): Promise<void> {
  const { body } = await send(path, { signal });
  const chunks = body?.getReader();
  const decoder = new TextDecoder();
  const events = new EventReader();
  for (;;) {
    const { done, value } = (await chunks?.read()) ?? { done: true, value: undefined };
    if (done) break;
    const fresh = events.push(decoder.decode(value, { stream: true }));
    const problem = fresh.find(({ name }) => name === "problem");
    if (problem !== undefined) throw problemOf(problem.data);
    if (fresh.length > 0) onEvents(fresh);
  }
  throw new PageError("the server has ended");
}

async function send(path: string, request: RequestInit): Promise<Response> {
  const headers = { ...request.headers, authorization: `Bearer ${sessionStorage.getItem(storedAs) ?? ""}` };
  const response = await fetch(path, { ...request, headers, cache: "no-store" }).catch((error: unknown) => {
    if (request.signal?.aborted === true) throw error;
    throw new PageError("the server does not answer", "start it again: ./nitro dashboard, which prints another address");
  });
  if (response.ok) return response;
  throw problemOf(await response.json().catch(() => ({ message: `the server answered ${response.status}` })));
}

function problemOf(data: unknown): PageError {
  const { message, hint } = data as { message?: string; hint?: string };
  return new PageError(message ?? "something went wrong", hint);
}
