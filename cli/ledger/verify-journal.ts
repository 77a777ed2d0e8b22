import { UserError } from "../../common/errors.ts";
import type { Evidence, LedgerDigest } from "../../ledger/client/evidence.ts";
import { blockProofProblem, differs, documentId, hashBytes, itemsOf } from "../../ledger/client/proof.ts";
import { merkleRoot } from "../../ledger/digest/merkle.ts";
import { field, type IonValue, textField } from "../../ledger/ion/value.ts";

/** So many blocks are asked for at the same time. */
const atOnce = 16;

/** The last revision of a document that the journal holds. */
export interface LastRevision {
  readonly tableId: string;
  readonly hash: Buffer;
  /** False for a deletion, and for a document whose data is redacted. */
  readonly live: boolean;
}

/** What a journal that holds together says. */
export interface VerifiedJournal {
  readonly blocks: number;
  readonly revisions: number;
  /** By document id. */
  readonly documents: ReadonlyMap<string, LastRevision>;
}

/**
 * Reads every block up to a digest's tip, computes every hash in it anew, follows the chain, and compares the root over all blocks with the
 * digest.
 * @param onBlock told how many blocks are done
 * @throws UserError naming the block that does not hold
 */
export async function verifyServedJournal(
  evidence: Evidence,
  digest: LedgerDigest,
  onBlock: (done: number) => void,
): Promise<VerifiedJournal> {
  const hashes: Buffer[] = [];
  const documents = new Map<string, LastRevision>();
  let revisions = 0;
  for (let first = 0; first <= digest.sequenceNo; first += atOnce) {
    const count = Math.min(atOnce, digest.sequenceNo + 1 - first);
    const blocks = await Promise.all(Array.from({ length: count }, (_, index) => evidence.block(digest.strandId, first + index)));
    for (const block of blocks) {
      const sequenceNo = hashes.length;
      const previousBlockHash = hashes.at(-1) ?? Buffer.alloc(0);
      const problem = blockProofProblem(block, { strandId: digest.strandId, sequenceNo, previousBlockHash });
      if (problem !== undefined) throw new UserError(`block ${sequenceNo}: ${problem}`);
      hashes.push(hashBytes(field(block, "blockHash")));
      revisions += collect(block, documents);
    }
    onBlock(hashes.length);
  }
  const root = merkleRoot(hashes);
  if (!root.equals(digest.hash)) throw new UserError(differs("the digest", digest.hash, `the ${hashes.length} blocks give`, root));
  return { blocks: hashes.length, revisions, documents };
}

/** Remembers the last revision of each document. @returns how many revisions of documents the block has */
function collect(block: IonValue, documents: Map<string, LastRevision>): number {
  const owners = field(field(block, "transactionInfo"), "documents");
  let count = 0;
  for (const revision of itemsOf(field(block, "revisions"))) {
    const id = documentId(revision);
    if (id === "") continue;
    count++;
    const hash = hashBytes(field(revision, "hash"));
    documents.set(id, { tableId: textField(field(owners, id), "tableId") ?? "", hash, live: field(revision, "data") !== undefined });
  }
  return count;
}
