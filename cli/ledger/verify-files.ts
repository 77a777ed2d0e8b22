import { resolve } from "node:path";
import type { Context } from "../../common/context.ts";
import { UserError } from "../../common/errors.ts";
import { isAbsent } from "../../common/files.ts";
import { heartbeat, Progress } from "../../common/progress.ts";
import { int, struct, text } from "../../ledger/ion/value.ts";
import { JournalError } from "../../ledger/journal/records.ts";
import { type VerifiedLedger, verifyFolder } from "../../ledger/verify/verify-folder.ts";
import { counted, showRows } from "./rows.ts";

/**
 * Verifies the files of all ledgers in a data folder and says what was found sound.
 * @throws UserError with file and offset of a damage
 */
export async function verifyFiles(folder: string, context: Context, json: boolean | undefined): Promise<void> {
  const progress = new Progress(context.stderr);
  const tell = heartbeat(progress);
  const sound = await verified(resolve(context.cwd, folder), (name, blocks) => tell(`ledger ${name}: block ${blocks}`)).finally(() =>
    progress.stop(),
  );
  if (sound.length === 0) throw new UserError(`${folder} holds no ledger`, "name the folder of `nitro ledger serve --dir`");
  if (json === true) return showRows(sound.map(row), context, true);
  for (const ledger of sound) context.stdout.write(describeVerified(ledger));
}

async function verified(folder: string, onProgress: (name: string, blocks: number) => void): Promise<VerifiedLedger[]> {
  try {
    return await verifyFolder(folder, onProgress);
  } catch (error) {
    if (error instanceof JournalError) throw new UserError(error.message, "nothing was changed; keep the folder, and a copy of it");
    if (isAbsent(error)) throw new UserError(`there is no folder ${folder}`);
    throw error;
  }
}

function row({ name, blocks, revisions, snapshotBlocks, torn, lastBlockHash }: VerifiedLedger) {
  const counts = { blocks: int(blocks), revisions: int(revisions), torn: int(torn) };
  const snapshot = snapshotBlocks === undefined ? {} : { snapshotBlocks: int(snapshotBlocks) };
  return struct({ ledger: text(name), ...counts, ...snapshot, lastBlockHash: text(lastBlockHash.toString("base64")) });
}

function describeVerified({ name, blocks, revisions, snapshotBlocks, torn }: VerifiedLedger): string {
  const snapshot = snapshotBlocks === undefined ? "none" : `sound, of ${counted(snapshotBlocks, "block")}`;
  const rest = torn === 0 ? "" : `\n  ${torn} bytes of a commit that was not answered, or is being written, at the end`;
  return `✓ ledger ${name}: ${counted(blocks, "block")} chained, ${counted(revisions, "revision")} match their hashes; snapshot: ${snapshot}${rest}\n`;
}
