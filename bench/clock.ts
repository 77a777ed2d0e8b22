import { get } from "node:http";

/** The middle of the values; of two middles, their mean. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/** Milliseconds as "1.23 s". */
export function inSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

/**
 * Asks again and again, with 10 ms between.
 * @returns when it first answered true, in ms since 1970
 * @throws Error where that took longer than the limit
 */
export async function firstTrue(ask: () => Promise<boolean>, limitMs: number): Promise<number> {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    if (await ask()) return Date.now();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`it did not happen within ${limitMs / 1000} s`);
}

/**
 * Asks every 10 ms, however long earlier questions take: what is asked while a container's network is being made gets no answer for a second,
 * although one that is asked a moment later would.
 * @param url of the service
 * @returns when it first answered with this version, in ms since 1970
 * @throws Error where that took longer than the limit
 */
export async function firstAnswer(url: string, version: string, limitMs: number): Promise<number> {
  const end = Date.now() + limitMs;
  let answered: number | undefined;
  while (answered === undefined && Date.now() < end) {
    void answersWith(url, version).then((does) => {
      if (does) answered ??= Date.now();
    });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  if (answered === undefined) throw new Error(`${version} did not answer within ${limitMs / 1000} s`);
  return answered;
}

/** One connection a question: those of the old version end with it. */
function answersWith(url: string, version: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(`${url}/health-check`, { agent: false, timeout: 500 }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
      });
      response.on("end", () => resolve(response.statusCode === 200 && text.includes(version)));
      response.on("error", () => resolve(false));
    });
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
