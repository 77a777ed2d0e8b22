import { ionHash } from "../ion/hash.ts";
import { type IonValue, text } from "../ion/value.ts";
import { dot } from "./dot.ts";

/** Statements repeat: their hashes are kept for the last ones used. */
const cacheSize = 1000;

/** Hashes of statements and their parameters, as the drivers compute them for the commit digest. */
export class StatementDigests {
  private readonly cache = new Map<string, Buffer>();

  /**
   * What a statement adds to its transaction's digest: its hash, joined with each parameter's.
   * @param hashes takes the parameters' hashes: a parameter may become a document, whose hash is then known
   */
  digest(statement: string, parameters: readonly IonValue[], hashes?: Map<IonValue, Buffer>): Buffer {
    return parameters.reduce<Buffer>((joined, parameter) => {
      const hash = ionHash(parameter);
      hashes?.set(parameter, hash);
      return dot(joined, hash);
    }, this.statementHash(statement));
  }

  private statementHash(statement: string): Buffer {
    const known = this.cache.get(statement);
    if (known !== undefined) return known;
    const hash = ionHash(text(statement));
    if (this.cache.size >= cacheSize) this.cache.delete(this.cache.keys().next().value ?? "");
    this.cache.set(statement, hash);
    return hash;
  }
}

/** The digest of a transaction that has not executed anything. */
export function transactionDigest(transactionId: string): Buffer {
  return ionHash(text(transactionId));
}
