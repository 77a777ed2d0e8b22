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

/** True once the service at a URL answers with this version. */
export async function answersWith(url: string, version: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/health-check`, { signal: AbortSignal.timeout(500) });
    return answer.ok && (await answer.text()).includes(version);
  } catch {
    return false;
  }
}
