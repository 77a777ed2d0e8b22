import { ledgerNamed } from "./addresses.ts";
import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";

/** What was asked for ends by itself; longer than so, milliseconds, it would be a ledger that does not work. */
const longestMs = 60 * 60_000;

/**
 * POST /nitro/ledgers/{name}/hold: `{Milliseconds}` → `{JournalEnd}`. Commits wait for that time, 0 lets them go on; the journal has all
 * that was committed before, and ends there. Not an operation of QLDB.
 */
export async function hold({ registry, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const ledger = ledgerNamed(registry, name);
  await ledger.hold(milliseconds(body.Milliseconds));
  return { JournalEnd: ledger.journalFile.end };
}

/** POST /nitro/ledgers/{name}/conflict: `{Milliseconds}` → `{}`. Commits are answered with OccConflictException for that time. Not an operation of QLDB. */
export function conflict({ registry, path: [name = ""], body }: ControlRequest): void {
  ledgerNamed(registry, name).gate.conflict(milliseconds(body.Milliseconds));
}

function milliseconds(value: unknown): number {
  if (typeof value === "number" && value >= 0 && value <= longestMs) return value;
  throw new ControlError("InvalidParameterException", `Milliseconds is ${JSON.stringify(value)}: allowed are 0 to ${longestMs}`);
}
