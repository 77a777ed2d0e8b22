import { UserError } from "../common/errors.ts";
import type { Progress } from "../common/progress.ts";
import type { Attempt, Outcome } from "./events.ts";
import type { Stack } from "./stack.ts";
import { dockerTypes } from "./state.ts";
import { showUpdate } from "./update-progress.ts";

const awsLedger = "nitro:component:AwsLedger$";

/**
 * What an update that failed in AWS left half made: its ledger comes before everything else, so as long as no container was touched nothing
 * uses it yet. Pure.
 * @returns URNs
 */
export function halfMade(attempts: readonly Attempt[]): string[] {
  if (attempts.some(({ type }) => type === dockerTypes.container)) return [];
  return attempts.filter(({ urn, op }) => op === "create" && urn.includes(awsLedger)).map(({ urn }) => urn);
}

/**
 * Removes it again.
 * @throws UserError where that fails too: pulumi's state knows what is left
 */
export async function rollBack(stack: Stack, outcome: Outcome, failed: UserError, progress: Progress): Promise<void> {
  const made = halfMade(outcome.attempts);
  if (made.length === 0) return;
  const state = await stack.state();
  const there = made.filter((urn) => state?.resources.some((resource) => resource.urn === urn));
  if (there.length === 0) return;
  progress.line("! AWS did not let the ledger come up: what was made of it is removed again");
  try {
    await stack.destroy(showUpdate(progress), there);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${failed.message}\nand what was made could not be removed again: ${error.message}`,
      `./nitro down -s ${stack.name}`,
    );
  }
}
