import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { UserError } from "../../common/errors.ts";
import type { Emit, Route } from "../../dashboard/routes.ts";
import { type ServedPage, servePage } from "../../dashboard/server.ts";

const errors: unknown[] = [];
let streaming: { emit: Emit; signal: AbortSignal } | undefined;

const routes: Route[] = [
  { method: "GET", path: "/api/echo/:word", answer: async ({ parts, query }) => ({ word: parts.word, more: query.get("more") }) },
  { method: "POST", path: "/api/echo", answer: async ({ body }) => ({ body }) },
  {
    method: "GET",
    path: "/api/refused",
    answer: async () => {
      throw new UserError("the stack is not up", "./nitro up");
    },
  },
  {
    method: "GET",
    path: "/api/broken",
    answer: async () => {
      throw new TypeError("a fault of ours");
    },
  },
  {
    method: "GET",
    path: "/api/stream",
    stream: async ({ signal }, emit) => {
      streaming = { emit, signal };
      await emit("first", { n: 1 });
      await once(signal, "abort");
    },
  },
  {
    method: "GET",
    path: "/api/ending",
    stream: async (_, emit) => {
      await emit("first", "line 1\nline 2");
      throw new UserError("it went away", "./nitro up");
    },
  },
];

const large = "x".repeat(100_000);
routes.push({
  method: "GET",
  path: "/api/much",
  stream: async (_, emit) => {
    for (let n = 0; n < 200; n++) await emit("much", large);
  },
});

let page: ServedPage;
let origin: string;
let token: string;

beforeAll(async () => {
  page = await servePage({ port: 0, routes, first: "stack", onError: (error) => errors.push(error) });
  const address = new URL(page.address);
  origin = address.origin;
  token = address.hash.slice("#token=".length);
  return () => page.stop();
});

/** With path and headers as given: fetch would set its own Host, and mend the path. */
async function ask(path: string, { method = "GET", headers = {}, body }: { method?: string; headers?: object; body?: string } = {}) {
  const request = httpRequest(origin, { path, method, headers: { authorization: `Bearer ${token}`, ...headers } });
  request.end(body);
  const [response] = await once(request, "response");
  return { status: response.statusCode as number, headers: response.headers, text: await text(response) };
}

const json = { "content-type": "application/json" };

test("the token is long, and in the address's fragment alone", () => {
  expect(page.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/);
});

test("the page comes without a token, with a policy that lets it load from here alone", async () => {
  const { status, headers, text: markup } = await ask("/", { headers: { authorization: "" } });
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/html; charset=utf-8");
  const policy = String(headers["content-security-policy"]);
  for (const rule of [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ])
    expect(policy).toContain(rule);
  expect(policy).not.toMatch(/unsafe|\*|https?:/);
  expect(headers["x-content-type-options"]).toBe("nosniff");
  expect(markup).not.toMatch(/<script(?! type="module" src="\/main.js")|\son\w+=|style=/);
});

test("its script is one file that imports nothing, and knows no token", async () => {
  const { status, headers, text: script } = await ask("/main.js");
  expect([status, headers["content-type"]]).toEqual([200, "text/javascript; charset=utf-8"]);
  expect(script.length).toBeGreaterThan(10_000);
  expect(script).not.toMatch(/^\s*import[\s{"]/m);
  expect(script).not.toContain(token);
});

test.each([
  ["/api/echo/a", { headers: { authorization: "" } }, 401],
  ["/api/echo/a", { headers: { host: "page.example" } }, 403],
  ["/api/echo/a", { headers: { origin: "https://page.example" } }, 403],
  ["/", { headers: { host: "page.example" } }, 403],
  ["/api/nothing", {}, 404],
  ["/nothing", {}, 404],
  ["/../package.json", {}, 404],
  ["/api/echo/a", { method: "POST", headers: json, body: "{}" }, 405],
  ["/", { method: "POST", headers: json, body: "{}" }, 405],
  ["/api/echo", { method: "POST", body: "{}" }, 400],
  ["/api/echo", { method: "POST", headers: json, body: "{" }, 400],
  ["/api/echo", { method: "POST", headers: json, body: `"${"x".repeat(1 << 20)}"` }, 400],
])("%s %j is answered with %d", async (path, options, status) => {
  expect((await ask(path, options)).status).toBe(status);
});

test.each([
  ["//", {}, 404],
  ["//api/echo/a", {}, 404],
  ["//[", {}, 404],
  ["http://[", {}, 400],
  ["*", {}, 400],
  ["//", { host: "page.example" }, 403],
  ["http://[", { host: "page.example" }, 403],
  ["http://page.example/api/echo/a", { authorization: "" }, 401],
])("%s, which is no path of the page, with %j is answered with %d, and told to nobody else", async (path, headers, status) => {
  expect((await ask(path, { headers })).status).toBe(status);
  expect(errors).toEqual([]);
});

test("a route gets its parts, its query and what was posted", async () => {
  expect(JSON.parse((await ask("/api/echo/a%20b?more=1")).text)).toEqual({ word: "a b", more: "1" });
  expect(JSON.parse((await ask("/api/echo", { method: "POST", headers: json, body: '{"a":[1]}' })).text)).toEqual({ body: { a: [1] } });
});

test("what a user can mend is told with its hint, what nobody foresaw is told here too", async () => {
  const refused = await ask("/api/refused");
  expect(refused.status).toBe(400);
  expect(JSON.parse(refused.text)).toEqual({ message: "the stack is not up", hint: "./nitro up" });
  expect(errors).toEqual([]);
  expect((await ask("/api/broken")).status).toBe(500);
  expect(errors.splice(0)).toEqual([new TypeError("a fault of ours")]);
});

test("a stream's end is told as an event, lines stay in one event", async () => {
  const { headers, text: events } = await ask("/api/ending");
  expect(headers["content-type"]).toBe("text/event-stream");
  expect(events).toBe('event: first\ndata: "line 1\\nline 2"\n\nevent: problem\ndata: {"message":"it went away","hint":"./nitro up"}\n\n');
});

test("a stream goes on until the page goes away", async () => {
  const request = httpRequest(`${origin}/api/stream`, { headers: { authorization: `Bearer ${token}` } });
  request.end();
  const [response] = await once(request, "response");
  const [first] = await once(response, "data");
  expect(String(first)).toBe('event: first\ndata: {"n":1}\n\n');
  await streaming?.emit("second", 2);
  expect(String((await once(response, "data"))[0])).toBe("event: second\ndata: 2\n\n");
  expect(streaming?.signal.aborted).toBe(false);
  request.destroy();
  while (streaming?.signal.aborted !== true) await pause(5);
});

test("a page that reads slowly gets everything, and leaves nothing to be listened for", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  onTestFinished(() => {
    process.off("warning", onWarning);
  });
  const { text: events } = await ask("/api/much");
  expect(events.length).toBe(200 * `event: much\ndata: "${large}"\n\n`.length);
  await pause(0);
  expect(warnings).toEqual([]);
});

test("the server ends with streams open", async () => {
  const other = await servePage({ port: 0, routes, first: "stack", onError: (error) => errors.push(error) });
  onTestFinished(() => other.stop().catch(() => undefined));
  const { origin: at, hash } = new URL(other.address);
  const request = httpRequest(`${at}/api/stream`, { headers: { authorization: `Bearer ${hash.slice("#token=".length)}` } });
  request.on("error", () => undefined);
  request.end();
  const [response] = await once(request, "response");
  response.on("error", () => undefined);
  await once(response, "data");
  await other.stop();
  expect(errors).toEqual([]);
});

test("whoever serves it is told when the page itself is asked for, and not of its other files", async () => {
  let opened = 0;
  const onOpen = () => {
    opened += 1;
  };
  const other = await servePage({ port: 0, routes: [], first: "ledger", onOpen, onError: (error) => errors.push(error) });
  onTestFinished(() => other.stop());
  const { origin: place } = new URL(other.address);
  for (const [path, times] of [
    ["/style.css", 0],
    ["/", 1],
    ["/main.js", 1],
  ] as const) {
    expect((await fetch(`${place}${path}`)).status).toBe(200);
    expect([path, opened]).toEqual([path, times]);
  }
  expect(await (await fetch(place)).text()).toContain('data-first="ledger"');
});
