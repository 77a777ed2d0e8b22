import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import { heartbeat, Progress, seconds } from "../../common/progress.ts";
import { Evidence, type LedgerDigest } from "../../ledger/client/evidence.ts";
import { LedgerClient } from "../../ledger/client/session.ts";
import { int, struct, text } from "../../ledger/ion/value.ts";
import { declareCommand } from "../core/command.ts";
import { counted, showRows } from "./rows.ts";
import { type LedgerTarget, ledgerOptions, oneLedger, withLedger } from "./target.ts";
import { placeOf, verifyDocument } from "./verify-document.ts";
import { verifyFiles } from "./verify-files.ts";
import { type VerifiedJournal, verifyServedJournal } from "./verify-journal.ts";
import { type VerifiedState, verifyCounts, verifyState } from "./verify-state.ts";

export const command = declareCommand({
  arguments: { id: { optional: true, help: "a document's id: only this document (default: the whole ledger)" } },
  options: {
    ...ledgerOptions,
    dir: {
      type: "string",
      placeholder: "D",
      complete: "folders",
      help: "the files of a folder that `nitro ledger serve` keeps, whether it runs or not",
    },
  },
  notes: `With a document's id: the hash of each of its revisions, computed from metadata and data, and folded with the proof that the ledger gives,
has to be the ledger's digest.
Without: every block is read, every hash in it computed anew, the chain followed, the root over all blocks compared with the digest; then every
document that queries see has to be the journal's last revision of it.
With --dir: checksums, chain, and every revision's hash.
Exit code 1 where anything differs, naming the place.`,
  examples: [
    ["nitro ledger verify -s alice", "the ledger of a stack"],
    ["nitro ledger verify --dir ./ledger-data", "ledgers where they are kept"],
  ],
  stopsCleanly: true,

  async run({ values, words: { id } }, context) {
    if (values.dir !== undefined) {
      oneLedger({ "-s": values.stack, "--endpoint": values.endpoint, "--dir": values.dir });
      if (values.ledger !== undefined) throw new UsageError("--dir verifies every ledger of the folder: leave --ledger away");
      if (id !== undefined) throw new UsageError("--dir verifies whole ledgers: leave the id away");
      await verifyFiles(values.dir, context, values.json);
      return 0;
    }
    await withLedger(values, context, async (target) => {
      if (id === undefined) await verifyAll(target, context, values.json);
      else await verifyOne(target, id, context, values.json);
    });
    return 0;
  },
});

async function verifyOne({ http, name, client }: LedgerTarget, id: string, context: Context, json: boolean | undefined): Promise<void> {
  const { table, revisions, digest } = await verifyDocument(client, new Evidence(http, name), id);
  if (json === true) {
    const row = { document: text(id), table: text(table), revisions: int(revisions.length), ...digestFields(digest) };
    return showRows([struct(row)], context, true);
  }
  for (const revision of revisions) context.stdout.write(`✓ ${placeOf(revision)}: hash computed, proof gives the digest\n`);
  context.stdout.write(`document ${id} of table ${table}: ${counted(revisions.length, "revision")} verified\n${digestLine(digest)}`);
}

async function verifyAll({ http, name, client }: LedgerTarget, context: Context, json: boolean | undefined): Promise<void> {
  const began = performance.now();
  const evidence = new Evidence(http, name);
  const digest = await evidence.digest();
  if (digest === undefined)
    throw new UserError(`ledger ${name} has no block yet: there is nothing to verify`, './nitro ledger query "CREATE TABLE T"');
  const progress = new Progress(context.stderr);
  const second = new LedgerClient(http, name);
  const { journal, state, quiet } = await checked([client, second], evidence, digest, heartbeat(progress)).finally(async () => {
    progress.stop();
    await second.close();
  });
  const documents = [...state.values()].reduce((sum, count) => sum + count, 0);
  if (json === true) {
    const counts = { blocks: int(journal.blocks), revisions: int(journal.revisions), documents: int(documents) };
    return showRows([struct({ ledger: text(name), ...counts, ...digestFields(digest) })], context, true);
  }
  const took = seconds(performance.now() - began);
  context.stdout.write(
    `${verifyReport(journal.blocks, journal.revisions, state, quiet)}${digestLine(digest)}ledger ${name} verified, ${took}\n`,
  );
}

/** @param clients two, as one looks at its answers while the ledger answers the other */
async function checked(
  clients: readonly [LedgerClient, LedgerClient],
  evidence: Evidence,
  digest: LedgerDigest,
  tell: (text: string) => void,
): Promise<{ journal: VerifiedJournal; state: VerifiedState; quiet: boolean }> {
  const blocks = digest.sequenceNo + 1;
  const journal = await verifyServedJournal(evidence, digest, (done) => tell(`block ${done} of ${blocks}`));
  const state = await verifyState(clients, journal.documents, digest.sequenceNo, (done) => tell(`${counted(done, "document")} compared`));
  const quiet = (await evidence.digest())?.sequenceNo === digest.sequenceNo;
  if (quiet) await verifyCounts(clients[0], state);
  return { journal, state, quiet };
}

/** Exactly what was checked. */
export function verifyReport(blocks: number, revisions: number, state: VerifiedState, quiet: boolean): string {
  const documents = [...state.values()].reduce((sum, count) => sum + count, 0);
  const inTables = counted(state.size, "active table");
  const untouched = quiet
    ? ", and no others are there"
    : " (the ledger was written to meanwhile: whether there are others was not looked at)";
  return `✓ ${counted(blocks, "block")}: every hash computed from the content, chained from the first to the last
✓ ${counted(revisions, "revision")}: hash computed from metadata and data
✓ root over all blocks: the digest
✓ ${counted(documents, "document")} in ${inTables}: queries see the journal's last revision of each${untouched}
`;
}

function digestFields({ hash, sequenceNo }: LedgerDigest) {
  return { digest: text(hash.toString("base64")), tip: int(sequenceNo) };
}

function digestLine({ hash, sequenceNo }: LedgerDigest): string {
  return `digest ${hash.toString("base64")} up to block ${sequenceNo}\n`;
}
