import { createReadStream, createWriteStream } from "node:fs";
import { stat, truncate } from "node:fs/promises";
import { basename, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Pack, pack } from "tar-stream";
import { UserError } from "../common/errors.ts";
import { readEntry } from "../docker/archive.ts";
import type { Engine } from "../docker/engine.ts";
import type { LedgerHttp } from "../ledger/client/http.ts";
import { descriptionPath } from "../ledger/description.ts";
import { journalPath, nextPath } from "../ledger/ledger-folder.ts";
import { ledgerDataFolder } from "../model/names.ts";

/** The ledger of a stack, with the container that it runs in. */
export interface LedgerPlace {
  readonly engine: Engine;
  readonly container: string;
  readonly http: LedgerHttp;
  readonly ledgerName: string;
}

/** Asks for what QLDB has no call for. @param operation reset, hold, conflict, replace */
export async function askLedger({ http, ledgerName }: Pick<LedgerPlace, "http" | "ledgerName">, operation: string, body: object = {}) {
  return http.control("POST", `/nitro/ledgers/${ledgerName}/${operation}`, { ...body });
}

/** Copies description and journal of a ledger whose commits are held. @param end where the journal ends */
export async function copyLedger({ engine, container, ledgerName }: LedgerPlace, folder: string, end: number): Promise<void> {
  const own = join(ledgerDataFolder, ledgerName);
  for (const path of [descriptionPath(own), journalPath(own)]) {
    const target = join(folder, basename(path));
    for await (const entry of (await engine.archive(container, path)).pipe(extract()))
      await pipeline(entry, createWriteStream(target, { mode: 0o600, flags: "wx" }));
  }
  await truncate(journalPath(folder), end);
}

/**
 * Puts a copy in the place of the ledger, which goes on where the copy is damaged.
 * @throws UserError where there is no ledger to replace; LedgerRefusal where the copy is damaged
 */
export async function restoreLedger(place: LedgerPlace, folder: string): Promise<void> {
  const { engine, container, ledgerName } = place;
  const present = await readEntry(engine, container, descriptionPath(join(ledgerDataFolder, ledgerName)));
  if (present === undefined) throw new UserError(`container ${container} has no ledger ${ledgerName}`);
  const { uid, gid } = present.header;
  const owner = { ...(uid !== undefined && { uid }), ...(gid !== undefined && { gid }) };
  const name = basename(nextPath(ledgerDataFolder, ledgerName));
  const tar = pack();
  const filled = (async () => {
    tar.entry({ name, type: "directory", mode: 0o700, ...owner });
    for (const path of [descriptionPath(folder), journalPath(folder)])
      await addFile(tar, path, { name: `${name}/${basename(path)}`, ...owner });
    tar.finalize();
  })();
  await Promise.all([filled, engine.unpack(container, ledgerDataFolder, Readable.from(tar, { objectMode: false }))]);
  await askLedger(place, "replace");
}

async function addFile(
  tar: Pack,
  path: string,
  header: { readonly name: string; readonly uid?: number; readonly gid?: number },
): Promise<void> {
  const { size } = await stat(path);
  await pipeline(createReadStream(path), tar.entry({ ...header, size, mode: 0o600 }));
}
