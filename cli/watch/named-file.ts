import { stat } from "node:fs/promises";
import type { Stack } from "../../automation/stack.ts";
import { stampOf } from "./files.ts";

/** How long settings have to stay as they are, in ms: whoever changes them, such as `swap`, may be about to update the stack by them. */
const stillMs = 5_000;

/** Notices that the settings have come to name another executable than the one that is watched. */
export class NamedFile {
  private readonly stack: Pick<Stack, "holder" | "settingsPath">;
  private readonly named: () => Promise<string>;
  private readonly now: () => number;
  private seen: string | undefined;

  /** @param named reads the settings: absolute path of the executable @throws UserError where they are not right */
  constructor(stack: Pick<Stack, "holder" | "settingsPath">, named: () => Promise<string>, now: () => number = Date.now) {
    this.stack = stack;
    this.named = named;
    this.now = now;
  }

  /**
   * To be called now and then.
   * @param watched path of the executable
   * @returns whether they name another one, and nobody is bringing it into the stack
   */
  async isOther(watched: string): Promise<boolean> {
    const { settingsPath } = this.stack;
    const stamp = await stampOf(settingsPath);
    if (stamp === this.seen) return false;
    const written = await stat(settingsPath).catch(() => undefined);
    if (written === undefined || this.now() - written.mtimeMs < stillMs || (await this.stack.holder()) !== undefined) return false;
    const other = (await this.named()) !== watched;
    this.seen = stamp;
    return other;
  }
}
