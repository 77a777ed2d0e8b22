import { appendFileSync } from "node:fs";

/**
 * Notes when something happened, for bench/ and for anyone who wonders where the time goes: one line `<ms since 1970> <what>` in the
 * file that NITRO_TRACE names; nothing where it is not set.
 */
export function trace(env: Readonly<Record<string, string | undefined>>, what: string, at: number = Date.now()): void {
  const file = env.NITRO_TRACE;
  if (file !== undefined && file !== "") appendFileSync(file, `${at.toFixed(1)} ${what}\n`);
}
