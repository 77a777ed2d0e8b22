import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../common/errors.ts";
import { dot } from "../digest/dot.ts";
import { StatementDigests, transactionDigest } from "../digest/statement-digest.ts";
import { readBinary } from "../ion/binary-reader.ts";
import { writeBinary } from "../ion/binary-writer.ts";
import { type IonValue, ionLimits } from "../ion/value.ts";
import { type LedgerHttp, LedgerRefusal } from "./http.ts";

/** As often, and after such pauses, the official drivers try a transaction again. */
const retries = 4;
const firstPauseMs = 10;
const longestPauseMs = 5_000;

/** Views put a document a few levels deep into their rows. */
const rowDepth = ionLimits.depth + 10;

function readRow(bytes: Buffer): IonValue {
  return readBinary(bytes, { depth: rowDepth });
}

interface Page {
  readonly Values: readonly { readonly IonBinary: string }[];
  readonly NextPageToken?: string;
}

interface Answer {
  readonly SessionToken?: string;
  readonly TransactionId?: string;
  readonly FirstPage?: Page;
  readonly Page?: Page;
  readonly CommitDigest?: string;
}

/** Runs transactions on one ledger as the official drivers do, in one session. */
export class LedgerClient {
  private readonly http: LedgerHttp;
  private readonly ledger: string;
  private readonly digests = new StatementDigests();
  private token: string | undefined;

  constructor(http: LedgerHttp, ledger: string) {
    this.http = http;
    this.ledger = ledger;
  }

  /** One statement in a transaction of its own, committed. @throws LedgerRefusal */
  execute(statement: string, parameters: readonly IonValue[] = []): Promise<IonValue[]> {
    return this.retried(() =>
      this.transaction(async (transaction) => {
        const rows = await transaction.execute(statement, parameters, readRow);
        await transaction.commit();
        return rows;
      }),
    );
  }

  /** Reads without a commit: whoever writes at the same time is no conflict. @throws LedgerRefusal */
  async read(statement: string, parameters: readonly IonValue[] = []): Promise<IonValue[]> {
    return (await this.readEach(statement, [parameters], readRow)).flat();
  }

  /**
   * Reads by the same statement again and again, in one transaction, without a commit.
   * @param sets the parameters, each time
   * @param row makes of a row in binary Ion what is wanted
   * @returns the rows of each time. @throws LedgerRefusal
   */
  readEach<T>(statement: string, sets: readonly (readonly IonValue[])[], row: (bytes: Buffer) => T): Promise<T[][]> {
    return this.retried(() =>
      this.transaction(async (transaction) => {
        const found: T[][] = [];
        for (const parameters of sets) found.push(await transaction.execute(statement, parameters, row));
        await transaction.abort();
        return found;
      }),
    );
  }

  /** Ends the session. The client may be used again. */
  async close(): Promise<void> {
    const { token } = this;
    this.token = undefined;
    if (token !== undefined) await this.command(token, "EndSession", {}).catch(() => undefined);
  }

  private async retried<T>(work: () => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        if (attempt > retries || !isTransient(error)) throw error;
        await sleep(Math.min(longestPauseMs, firstPauseMs * 2 ** attempt) * (0.5 + Math.random() / 2));
      }
    }
  }

  private async transaction<T>(work: (transaction: OpenTransaction) => Promise<T>): Promise<T> {
    this.token ??= (await this.command(undefined, "StartSession", { LedgerName: this.ledger })).SessionToken;
    const { token } = this;
    try {
      const { TransactionId: id = "" } = await this.command(token, "StartTransaction", {});
      return await work(new OpenTransaction(id, this.digests, (name, body) => this.command(token, name, body)));
    } catch (error) {
      // The next attempt has a session of its own: what this one is worth after a failure need not be known.
      await this.close();
      throw error;
    }
  }

  private async command(token: string | undefined, name: string, body: Readonly<Record<string, unknown>>): Promise<Answer> {
    const answer = await this.http.session({ SessionToken: token, [name]: body });
    return (answer[name] ?? {}) as Answer;
  }
}

/** What another attempt may mend: conflicts, an overloaded server, a session that is over; not a transaction that took too long. */
function isTransient(error: unknown): boolean {
  if (!(error instanceof LedgerRefusal)) return false;
  if (error.type === "InvalidSessionException") return !/^Transaction .* has expired$/.test(error.message);
  return ["OccConflictException", "RateExceededException", "CapacityExceededException"].includes(error.type);
}

class OpenTransaction {
  private readonly id: string;
  private readonly digests: StatementDigests;
  private readonly send: (name: string, body: Readonly<Record<string, unknown>>) => Promise<Answer>;
  private digest: Buffer;

  constructor(id: string, digests: StatementDigests, send: OpenTransaction["send"]) {
    this.id = id;
    this.digests = digests;
    this.send = send;
    this.digest = transactionDigest(id);
  }

  async execute<T>(statement: string, parameters: readonly IonValue[], row: (bytes: Buffer) => T): Promise<T[]> {
    this.digest = dot(this.digest, this.digests.digest(statement, parameters));
    const holders = parameters.map((value) => ({ IonBinary: writeBinary(value).toString("base64") }));
    const body = { TransactionId: this.id, Statement: statement, ...(holders.length === 0 ? {} : { Parameters: holders }) };
    let page = (await this.send("ExecuteStatement", body)).FirstPage;
    const rows: T[] = [];
    while (page !== undefined) {
      for (const { IonBinary: binary } of page.Values) rows.push(row(Buffer.from(binary, "base64")));
      if (page.NextPageToken === undefined) break;
      page = (await this.send("FetchPage", { TransactionId: this.id, NextPageToken: page.NextPageToken })).Page;
    }
    return rows;
  }

  /** @throws UserError where the ledger committed something else than was sent */
  async commit(): Promise<void> {
    const digest = this.digest.toString("base64");
    const { CommitDigest: answered } = await this.send("CommitTransaction", { TransactionId: this.id, CommitDigest: digest });
    if (answered !== digest) throw new UserError(`transaction ${this.id} was committed with the digest ${answered} instead of ${digest}`);
  }

  async abort(): Promise<void> {
    await this.send("AbortTransaction", {});
  }
}
