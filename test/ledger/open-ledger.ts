import { basename, dirname } from "node:path";
import { DescriptionFile } from "../../ledger/description.ts";
import { Ledger } from "../../ledger/ledger.ts";
import { createLedgerFolder } from "../../ledger/ledger-folder.ts";
import type { LedgerSurroundings } from "../../ledger/surroundings.ts";

/** Opens the ledger of a folder by itself, made where it is new. @param log told what it logs */
export async function openLedger(folder: string, log: LedgerSurroundings["log"] = () => undefined): Promise<Ledger> {
  const onFailure = (error: Error) => {
    throw error;
  };
  const description = { name: basename(folder), strandId: "strand", created: 0, deletionProtection: false, tags: {} };
  const file =
    (await DescriptionFile.read(folder)) ?? (await createLedgerFolder(dirname(folder), { ...description, permissionsMode: "STANDARD" }));
  return await Ledger.open(folder, file, { now: Date.now, log, onFailure });
}
