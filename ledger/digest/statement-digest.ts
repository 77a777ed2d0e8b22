import { ionHash } from "../ion/hash.ts";
import { type IonValue, text } from "../ion/value.ts";
import { Recent } from "../recent.ts";
import { dot } from "./dot.ts";

/** Hashes of statements and their parameters, as the drivers compute them for the commit digest. */
export class StatementDigests {
  private readonly statements = new Recent((statement) => ionHash(text(statement)));

  /**
   * What a statement adds to its transaction's digest: its hash, joined with each parameter's.
   * @param hashes takes the parameters' hashes: a parameter may become a document, whose hash is then known
   */
  digest(statement: string, parameters: readonly IonValue[], hashes?: Map<IonValue, Buffer>): Buffer {
    return parameters.reduce<Buffer>((joined, parameter) => {
      const hash = ionHash(parameter);
      hashes?.set(parameter, hash);
      return dot(joined, hash);
    }, this.statements.get(statement));
  }
}

/** The digest of a transaction that has not executed anything. */
export function transactionDigest(transactionId: string): Buffer {
  return ionHash(text(transactionId));
}
