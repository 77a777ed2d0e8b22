import { JournalError } from "../journal/records.ts";
import type { Ledger } from "../ledger.ts";
import { ledgerNamed } from "./addresses.ts";
import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";

/**
 * POST /nitro/ledgers/{name}/blocks: `{First}` → `{Blocks, Next}`. Blocks is a stream of binary Ion in base64: the block of that number and some that
 * follow it, as the journal holds them; Next the number of the one behind. Not an operation of QLDB, whose GetBlock takes a request, and a
 * detour through text, for each.
 */
export async function getBlocks({ registry, path: [name = ""], body: { First: first } }: ControlRequest): Promise<unknown> {
  const ledger = ledgerNamed(registry, name);
  const { sequenceNo } = ledger.store;
  if (typeof first !== "number" || !Number.isInteger(first) || first < 0 || first > sequenceNo)
    throw new ControlError("InvalidParameterException", `First is ${JSON.stringify(first)}: allowed are 0 to ${sequenceNo}`);
  const records = await soundRecords(ledger, first);
  return { Blocks: Buffer.concat(records).toString("base64"), Next: first + records.length };
}

/** What is damaged keeps nobody from what lies before it. @throws ControlError naming the block that cannot be read, file, offset and what is wrong */
async function soundRecords(ledger: Ledger, first: number): Promise<readonly Buffer[]> {
  try {
    return await ledger.recordsFrom(first).catch(() => ledger.recordOf(first));
  } catch (error) {
    if (error instanceof JournalError) throw new ControlError("ResourcePreconditionNotMetException", `block ${first}: ${error.message}`);
    throw error;
  }
}
