import { ionHash, ionHashSteps } from "../ion/hash.ts";
import { type IonValue, text } from "../ion/value.ts";
import { Recent } from "../recent.ts";
import { atOnce } from "../steps.ts";
import { dot } from "./dot.ts";

/** Hashes of statements and their parameters, as the drivers compute them for the commit digest. */
export class StatementDigests {
  private readonly statements = new Recent((statement) => ionHash(text(statement)));

  /**
   * What a statement adds to its transaction's digest: its hash, joined with each parameter's.
   * @param hashes takes the parameters' hashes: a parameter may become a document, whose hash is then known
   */
  digest(statement: string, parameters: readonly IonValue[], hashes?: Map<IonValue, Buffer>): Buffer {
    return atOnce(this.steps(statement, parameters, hashes));
  }

  /** The same step by step. @returns yields wherever others may have their turn */
  *steps(statement: string, parameters: readonly IonValue[], hashes?: Map<IonValue, Buffer>): Generator<undefined, Buffer> {
    let joined = this.statements.get(statement);
    for (const parameter of parameters) {
      const hash = yield* ionHashSteps(parameter);
      hashes?.set(parameter, hash);
      joined = dot(joined, hash);
    }
    return joined;
  }
}

/** The digest of a transaction that has not executed anything. */
export function transactionDigest(transactionId: string): Buffer {
  return ionHash(text(transactionId));
}
