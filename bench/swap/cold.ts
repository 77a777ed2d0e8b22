import type { Built } from "../build.ts";
import { coldPhases } from "../profile.ts";
import type { SwapTimes } from "./contender.ts";
import { OwnContender } from "./own.ts";

/** `nitro swap`, one process from the shell, in a stack that is up. */
export class ColdSwap extends OwnContender {
  readonly name = "nitro swap";

  async swap(built: Built): Promise<SwapTimes> {
    return await this.fromShell(built, coldPhases);
  }
}
