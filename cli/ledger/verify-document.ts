import { UserError } from "../../common/errors.ts";
import { quotedName, readCatalog } from "../../ledger/client/catalog.ts";
import type { Evidence, LedgerDigest } from "../../ledger/client/evidence.ts";
import { historyStatement } from "../../ledger/client/history.ts";
import { differs, foldProof, hashBytes, revisionProblem } from "../../ledger/client/proof.ts";
import type { LedgerClient } from "../../ledger/client/session.ts";
import { field, type IonValue, text } from "../../ledger/ion/value.ts";

/** A document whose revisions are all proved by a digest. */
export interface VerifiedDocument {
  readonly table: string;
  readonly revisions: readonly IonValue[];
  readonly digest: LedgerDigest;
}

/**
 * Proves every revision of a document as AWS's verification samples do: its hash computed from its metadata and data, and folded with the
 * proof that GetRevision gives, has to be the ledger's digest.
 * @throws UserError where there is no such document, or naming the revision that does not hold
 */
export async function verifyDocument(client: LedgerClient, evidence: Evidence, id: string): Promise<VerifiedDocument> {
  const { table, revisions } = await findDocument(client, id);
  // Asked for after the revisions were read: it covers them all.
  const digest = await evidence.digest();
  if (digest === undefined) throw new UserError("the ledger shows revisions, but has no block");
  for (const revision of revisions) {
    const problem = await provedProblem(revision, id, evidence, digest);
    if (problem !== undefined) throw new UserError(`document ${id} of table ${table}, ${placeOf(revision)}: ${problem}`);
  }
  return { table, revisions, digest };
}

async function findDocument(client: LedgerClient, id: string): Promise<{ table: string; revisions: IonValue[] }> {
  const tables = await readCatalog(client);
  for (const table of tables) {
    const revisions = await client.read(historyStatement(table), [text(id)]);
    if (revisions.length > 0) return { table: table.name, revisions };
  }
  const names = tables.map(({ name }) => name).join(", ") || "none";
  const [first] = tables;
  const hint = first && `the ids of one: SELECT id FROM ${quotedName(first.name)} BY id`;
  throw new UserError(`no table has or had a document ${id} (tables: ${names})`, hint);
}

/** @returns what is wrong with a revision that the history shows, or undefined */
async function provedProblem(revision: IonValue, id: string, evidence: Evidence, digest: LedgerDigest): Promise<string | undefined> {
  const own = revisionProblem(revision);
  if (own !== undefined) return own;
  const address = field(revision, "blockAddress");
  if (address === undefined) return "it has no block";
  const found = await evidence.revision(address, id, digest);
  return proofProblem(revision, found.revision, found.proof, digest.hash);
}

/**
 * Whether a digest proves a revision.
 * @param shown by the history
 * @param journaled what the journal has for it
 * @returns what is wrong, or undefined
 */
export function proofProblem(shown: IonValue, journaled: IonValue, proof: readonly Buffer[], digest: Buffer): string | undefined {
  const problem = revisionProblem(journaled);
  if (problem !== undefined) return `in the journal ${problem}`;
  const [hash, other] = [shown, journaled].map((each) => hashBytes(field(each, "hash")));
  if (hash === undefined || other === undefined || !hash.equals(other)) return "the journal holds another one";
  const folded = foldProof(hash, proof);
  return folded.equals(digest) ? undefined : differs("the digest", digest, "hash and proof give", folded);
}

/** "version 3 in block 17" */
export function placeOf(revision: IonValue): string {
  return `version ${number(field(field(revision, "metadata"), "version"))} in block ${number(field(field(revision, "blockAddress"), "sequenceNo"))}`;
}

function number(value: IonValue | undefined): string {
  return value?.type === "int" ? value.value.toString() : "?";
}
