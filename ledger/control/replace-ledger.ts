import { JournalError } from "../journal/records.ts";
import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";

/**
 * POST /nitro/ledgers/{name}/reset: `{}` → `{Tables, Documents}`, of which there were so many. The tables are there again, with their
 * indexes; documents, history and journal are not. Not an operation of QLDB.
 */
export async function resetLedger({ registry, path: [name = ""] }: ControlRequest): Promise<unknown> {
  const { tables, documents } = await registry.reset(name);
  return { Tables: tables, Documents: documents };
}

/**
 * POST /nitro/ledgers/{name}/replace: `{}` → `{Strand}`. What lies in the data folder as `{name}.next`, a description and a journal, takes
 * the ledger's place. Not an operation of QLDB.
 * @throws ControlError where it is not there, or damaged: the ledger is what it was
 */
export async function replaceLedger({ registry, path: [name = ""] }: ControlRequest): Promise<unknown> {
  try {
    return { Strand: (await registry.replace(name)).strandId };
  } catch (error) {
    if (error instanceof JournalError) throw new ControlError("ResourcePreconditionNotMetException", error.message);
    throw error;
  }
}
