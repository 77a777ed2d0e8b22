import { UserError } from "../../common/errors.ts";
import type { Evidence, LedgerDigest } from "../../ledger/client/evidence.ts";
import { LastRevisions } from "../../ledger/client/last-revisions.ts";
import { differs } from "../../ledger/client/proof.ts";
import { type SoundBlock, soundBlock } from "../../ledger/client/sent-block.ts";
import { SentIon } from "../../ledger/client/sent-revision.ts";
import { GrowingRoot } from "../../ledger/digest/merkle-root.ts";
import { writeBinary } from "../../ledger/ion/binary-writer.ts";
import { IonError } from "../../ledger/ion/errors.ts";
import { catalogId } from "../../ledger/store/catalog.ts";

/** So many blocks are asked for at the same time, of a ledger that gives them one by one. */
const atOnce = 16;

/** What a journal that holds together says. */
export interface VerifiedJournal {
  readonly blocks: number;
  readonly revisions: number;
  /** Those of the ledger's own are left out. */
  readonly documents: LastRevisions;
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
  const chain = new Chain(digest);
  for await (const bytes of sentBlocks(evidence, digest)) {
    chain.take(bytes);
    onBlock(chain.blocks);
  }
  chain.end();
  return chain;
}

/** Streams of blocks, up to a tip. The next one is on its way while one is looked at. */
async function* sentBlocks(evidence: Evidence, { strandId, sequenceNo: tip }: LedgerDigest): AsyncGenerator<Buffer> {
  let asked = evidence.blocks(0);
  for (;;) {
    const sent = await asked;
    if (sent === undefined) break;
    const { bytes, next } = sent;
    if (next <= tip) {
      asked = evidence.blocks(next);
      // Nobody waits for it any more where something is wrong with this one.
      asked.catch(() => undefined);
    }
    yield bytes;
    if (next > tip) return;
  }
  for (let first = 0; first <= tip; first += atOnce) {
    const numbers = Array.from({ length: Math.min(atOnce, tip + 1 - first) }, (_, index) => first + index);
    const blocks = await Promise.all(numbers.map((number) => evidence.block(strandId, number)));
    yield Buffer.concat(blocks.map(writeBinary));
  }
}

/** The blocks so far: each has followed the one before. */
class Chain implements VerifiedJournal {
  blocks = 0;
  revisions = 0;
  readonly documents = new LastRevisions();
  private readonly digest: LedgerDigest;
  private readonly ion = new SentIon();
  private readonly roots = new GrowingRoot();
  private last: Buffer = Buffer.alloc(0);

  constructor(digest: LedgerDigest) {
    this.digest = digest;
  }

  /** Blocks that follow, in a stream of binary Ion; those behind the tip are passed over. @throws UserError */
  take(bytes: Buffer): void {
    if (bytes.length === 0) throw new UserError(`block ${this.blocks}: it is missing, the ledger sends none`);
    try {
      for (const { walker, at } of this.ion.structs(bytes)) {
        if (this.blocks > this.digest.sequenceNo) return;
        const block = soundBlock(this.ion, walker, at, {
          strandId: this.digest.strandId,
          sequenceNo: this.blocks,
          previousBlockHash: this.last,
        });
        if ("problem" in block) throw new UserError(`block ${this.blocks}: ${block.problem}`);
        this.add(block);
      }
    } catch (error) {
      throw error instanceof IonError ? new UserError(`block ${this.blocks}: ${error.message}`) : error;
    }
  }

  /** There are no more. @throws UserError where they do not give the digest */
  end(): void {
    const { hash, sequenceNo } = this.digest;
    if (this.blocks <= sequenceNo) throw new UserError(`block ${this.blocks}: it is missing, the digest is up to block ${sequenceNo}`);
    const { root } = this.roots;
    if (!root.equals(hash)) throw new UserError(differs("the digest", hash, `the ${this.blocks} blocks give`, root));
  }

  private add({ blockHash, revisions }: SoundBlock): void {
    this.blocks++;
    this.last = blockHash;
    this.roots.append(blockHash);
    for (const { documentId, tableId, hash, live } of revisions) {
      // Tables' definitions are documents of the ledger's own.
      if (documentId === "" || tableId === catalogId) continue;
      this.revisions++;
      if (live) this.documents.put(tableId, documentId, hash);
      else this.documents.remove(tableId, documentId);
    }
  }
}
