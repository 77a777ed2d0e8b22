import { UserError } from "../common/errors.ts";
import type { LedgerClient } from "../ledger/client/session.ts";
import { ionJson } from "../ledger/ion/json.ts";
import { readText } from "../ledger/ion/text.ts";
import type { StackOutputs } from "../model/outputs.ts";

/** Asks a ledger with values of JSON. */
export class LedgerTool {
  /** As QLDB and its drivers know the ledger. */
  readonly name: string;
  private readonly client: LedgerClient | undefined;
  /** A session has one transaction at a time. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param client undefined where the ledger is AWS's */
  constructor(name: string, client: LedgerClient | undefined) {
    this.name = name;
    this.client = client;
  }

  /**
   * Runs a statement in a transaction of its own, tried again where it meets another.
   * @param parameters for its question marks, values of JSON
   * @returns the rows, as JSON has them: blobs as base64, decimals as numbers
   * @throws UserError with the ledger's own words
   * @example await ledger.query("SELECT * FROM vaults WHERE publicKey = ?", "age1…")
   */
  async query(statement: string, ...parameters: readonly unknown[]): Promise<unknown[]> {
    const { client } = this;
    if (client === undefined)
      throw new UserError(`ledger ${this.name} is AWS's own (ledger mode aws)`, "ask it with AWS's driver and your own credentials");
    const values = parameters.map((each) => readText(JSON.stringify(each ?? null)));
    const rows = this.last.then(() => client.execute(statement, values));
    this.last = rows.catch(() => undefined);
    return (await rows).map((row) => JSON.parse(ionJson(row)) as unknown);
  }
}

/** What a QLDB driver of AWS takes as its client's options. */
export interface LedgerDriverOptions {
  readonly region: string;
  readonly endpoint?: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/**
 * For a driver of your own on the stack's ledger.
 *
 * @example new QldbDriver(outputs.ledgerName, ledgerDriverOptions(outputs));
 */
export function ledgerDriverOptions({ aws, ledgerEndpoint }: Pick<StackOutputs, "aws" | "ledgerEndpoint">): LedgerDriverOptions {
  const { region, accessKeyId, secretAccessKey } = aws;
  return { region, credentials: { accessKeyId, secretAccessKey }, ...(ledgerEndpoint === undefined ? {} : { endpoint: ledgerEndpoint }) };
}
