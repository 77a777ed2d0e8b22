import { dot } from "../../../ledger/digest/dot.ts";
import { StatementDigests, transactionDigest } from "../../../ledger/digest/statement-digest.ts";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import type { IonValue } from "../../../ledger/ion/value.ts";

const authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/qldb/aws4_request, SignedHeaders=host, Signature=0";

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Sends one request of the session API as it is. */
export async function send(url: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
  const response = await fetch(url, {
    method: "POST",
    headers: { authorization, "content-type": "application/x-amz-json-1.0", "x-amz-target": "QLDBSession.SendCommand", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>) };
}

interface Command {
  readonly SessionToken?: string;
  readonly TransactionId?: string;
  readonly FirstPage?: Page;
  readonly Page?: Page;
  readonly ConsumedIOs?: { readonly ReadIOs: number; readonly WriteIOs: number };
  readonly CommitDigest?: string;
}
interface Page {
  readonly Values: readonly { readonly IonBinary: string }[];
  readonly NextPageToken?: string;
}

/** An error that the server answered with. */
export class Refused extends Error {
  readonly type: string;

  constructor({ body }: Answer) {
    super(String(body.Message));
    this.type = String(body.__type);
  }
}

/** A session over plain HTTP: each step by itself, so that tests can leave one out or do it twice. */
export class RawSession {
  readonly url: string;
  readonly token: string;
  private readonly digests = new StatementDigests();

  private constructor(url: string, token: string) {
    this.url = url;
    this.token = token;
  }

  static async start(url: string, ledger = "demo"): Promise<RawSession> {
    const { SessionToken: token = "" } = await command(url, undefined, "StartSession", { LedgerName: ledger });
    return new RawSession(url, token);
  }

  /** Sends a command of this session. @throws Refused */
  command(name: string, body: unknown): Promise<Command> {
    return command(this.url, this.token, name, body);
  }

  async begin(): Promise<RawTransaction> {
    const { TransactionId: id = "" } = await this.command("StartTransaction", {});
    return new RawTransaction(this, id, this.digests);
  }

  /** One transaction, committed; aborted where something in it fails, as drivers do. */
  async transact<T>(work: (transaction: RawTransaction) => Promise<T>): Promise<T> {
    const transaction = await this.begin();
    try {
      const result = await work(transaction);
      await transaction.commit();
      return result;
    } catch (error) {
      await this.command("AbortTransaction", {});
      throw error;
    }
  }

  /** One transaction of some statements. @returns the rows of the last one, as Ion text */
  run(...statements: readonly string[]): Promise<string[]> {
    return this.transact(async (transaction) => {
      let rows: string[] = [];
      for (const statement of statements) rows = await transaction.execute(statement);
      return rows;
    });
  }

  /** One statement in a transaction of its own. @param parameters as Ion text. @returns its rows, as Ion text */
  query(statement: string, ...parameters: readonly string[]): Promise<string[]> {
    return this.transact((transaction) => transaction.execute(statement, ...parameters));
  }
}

export class RawTransaction {
  readonly id: string;
  readonly usage = { ReadIOs: 0, WriteIOs: 0 };
  pages = 0;
  private readonly session: RawSession;
  private readonly digests: StatementDigests;
  private digest: Buffer;

  constructor(session: RawSession, id: string, digests: StatementDigests) {
    this.session = session;
    this.id = id;
    this.digests = digests;
    this.digest = transactionDigest(id);
  }

  /** @param parameters those that are texts as Ion text. @returns all rows, as Ion text */
  async execute(statement: string, ...parameters: readonly (string | IonValue)[]): Promise<string[]> {
    const values = parameters.map((each) => (typeof each === "string" ? readText(each) : each));
    this.digest = dot(this.digest, this.digests.digest(statement, values));
    const body = {
      TransactionId: this.id,
      Statement: statement,
      Parameters: values.map((value) => ({ IonBinary: writeBinary(value).toString("base64") })),
    };
    const first = await this.session.command("ExecuteStatement", body);
    this.count(first);
    const rows: string[] = [];
    for (let page = first.FirstPage; page !== undefined; ) {
      this.pages++;
      rows.push(...page.Values.map(({ IonBinary: bytes }) => writeText(readBinary(Buffer.from(bytes, "base64")))));
      if (page.NextPageToken === undefined) break;
      const next = await this.session.command("FetchPage", { TransactionId: this.id, NextPageToken: page.NextPageToken });
      this.count(next);
      page = next.Page;
    }
    return rows;
  }

  commit(digest: Buffer = this.digest): Promise<Command> {
    return this.session.command("CommitTransaction", { TransactionId: this.id, CommitDigest: digest.toString("base64") });
  }

  private count({ ConsumedIOs: usage }: Command): void {
    this.usage.ReadIOs += usage?.ReadIOs ?? 0;
    this.usage.WriteIOs += usage?.WriteIOs ?? 0;
  }
}

async function command(url: string, token: string | undefined, name: string, body: unknown): Promise<Command> {
  const answer = await send(url, { ...(token === undefined ? {} : { SessionToken: token }), [name]: body });
  if (answer.status !== 200) throw new Refused(answer);
  return answer.body[name] as Command;
}
