import { type Ran, runNitro } from "../run.ts";

/** Runs `nitro ledger <args>` in this process. @throws what the command throws */
export async function runLedger(args: readonly string[], options?: Parameters<typeof runNitro>[1]): Promise<Ran> {
  return await runNitro(["ledger", ...args], options);
}
