import { UserError } from "../../common/errors.ts";
import { readPlainText } from "../ion/plain-reader.ts";
import { writeText } from "../ion/text.ts";
import { valueSteps } from "../ion/text-reader.ts";
import { field, type IonValue, int, ionLimits, struct, text, textField } from "../ion/value.ts";
import { atOnce } from "../steps.ts";
import { isMissingOperation, type LedgerHttp, LedgerRefusal } from "./http.ts";
import { proofHashes } from "./proof.ts";

/** Documents lie a few levels deep in blocks and revisions. */
const depth = ionLimits.depth + 10;

/** A ledger's digest: the hash of everything up to its tip. */
export interface LedgerDigest {
  readonly hash: Buffer;
  readonly strandId: string;
  readonly sequenceNo: number;
}

/** Blocks as a ledger has sent them. */
export interface SentBlocks {
  /** A stream of binary Ion. */
  readonly bytes: Buffer;
  /** The number of the block that follows them. */
  readonly next: number;
}

/** Asks a ledger for what proves its content: digest, blocks, revisions. */
export class Evidence {
  private readonly http: LedgerHttp;
  private readonly path: string;

  constructor(http: LedgerHttp, ledger: string) {
    this.http = http;
    this.path = `/ledgers/${encodeURIComponent(ledger)}`;
  }

  /** @returns undefined for a ledger that holds nothing yet */
  async digest(): Promise<LedgerDigest | undefined> {
    try {
      const { Digest: hash, DigestTipAddress: tip } = await this.http.control("POST", `${this.path}/digest`);
      const address = ionOf(tip);
      const sequenceNo = field(address, "sequenceNo");
      if (typeof hash !== "string" || sequenceNo?.type !== "int") throw new UserError("the ledger's digest is none");
      return { hash: Buffer.from(hash, "base64"), strandId: textField(address, "strandId") ?? "", sequenceNo: Number(sequenceNo.value) };
    } catch (error) {
      if (error instanceof LedgerRefusal && error.type === "ResourcePreconditionNotMetException") return undefined;
      throw error;
    }
  }

  async block(strandId: string, sequenceNo: number): Promise<IonValue> {
    const { Block: block } = await this.http.control("POST", `${this.path}/block`, {
      BlockAddress: addressHolder({ strandId, sequenceNo }),
    });
    return ionOf(block);
  }

  /**
   * Blocks from one on, as many as the ledger gives at once: a stream of binary Ion.
   * @returns undefined where the ledger gives blocks one by one: it is older than this
   */
  async blocks(first: number): Promise<SentBlocks | undefined> {
    try {
      const { Blocks: blocks, Next: next } = await this.http.control("POST", `/nitro${this.path}/blocks`, { First: first });
      if (typeof blocks !== "string" || typeof next !== "number" || next <= first)
        throw new UserError(`the ledger answers without block ${first}`);
      return { bytes: Buffer.from(blocks, "base64"), next };
    } catch (error) {
      if (isMissingOperation(error)) return undefined;
      throw error;
    }
  }

  /** A revision, and the way from its hash to a digest. */
  async revision(address: IonValue, documentId: string, digest: LedgerDigest): Promise<{ revision: IonValue; proof: Buffer[] }> {
    const { Revision: revision, Proof: proof } = await this.http.control("POST", `${this.path}/revision`, {
      BlockAddress: { IonText: writeText(address) },
      DocumentId: documentId,
      DigestTipAddress: addressHolder(digest),
    });
    return { revision: ionOf(revision), proof: proofHashes(ionOf(proof)) };
  }
}

function addressHolder({ strandId, sequenceNo }: Pick<LedgerDigest, "strandId" | "sequenceNo">): { IonText: string } {
  return { IonText: writeText(struct({ strandId: text(strandId), sequenceNo: int(sequenceNo) })) };
}

function ionOf(holder: unknown): IonValue {
  const ion = typeof holder === "object" && holder !== null ? Reflect.get(holder, "IonText") : undefined;
  if (typeof ion !== "string") throw new UserError("the ledger's answer lacks an IonText");
  return readPlainText(ion, depth) ?? atOnce(valueSteps(ion, { depth, values: { left: Number.POSITIVE_INFINITY } }));
}
