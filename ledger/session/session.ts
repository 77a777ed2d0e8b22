import { randomBytes } from "node:crypto";
import { newId } from "../ids.ts";
import type { IonValue } from "../ion/value.ts";
import type { Ledger } from "../ledger.ts";
import type { Memory } from "../memory.ts";
import type { Pause } from "../partiql/pause.ts";
import { badRequest, LedgerError } from "../transaction/errors.ts";
import type { IoUsage, Transaction } from "../transaction/transaction.ts";

/** Rows of a statement that are still to come. */
export interface Cursor {
  readonly transaction: Transaction;
  readonly rows: Iterator<IonValue | Pause>;
  /** The row after the last page, once it was looked for: whether it is there decides if a page is the last. */
  next: IteratorResult<IonValue> | undefined;
  readonly usage: IoUsage;
}

/** A session: at most one open transaction at a time. */
export class Session {
  readonly id = newId();
  readonly token = randomBytes(48).toString("base64");
  readonly ledger: Ledger;
  lastUsed: number;
  transaction: Transaction | undefined;
  readonly cursors = new Map<string, Cursor>();
  /** Set once a transaction has expired: nothing works in this session any more. */
  expired: LedgerError | undefined;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly memory: Memory;
  /** Bytes that its transaction holds of what was sent. */
  private held = 0;

  constructor(ledger: Ledger, now: number, memory: Memory) {
    this.ledger = ledger;
    this.memory = memory;
    this.lastUsed = now;
  }

  /** Runs work once the work before it is done: a session does one thing at a time. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.then(
      () => undefined,
      () => undefined,
    );
    return done;
  }

  /** Ends the open transaction without a trace. */
  abandon(): void {
    if (this.transaction !== undefined) this.ledger.abandon(this.transaction);
    this.forget();
  }

  /** Counts what the open transaction was sent, until it is over. @throws LedgerError CapacityExceededException */
  hold(bytes: number): void {
    this.memory.take(bytes);
    this.held += bytes;
  }

  /** The transaction is over. */
  forget(): void {
    this.memory.give(this.held);
    this.held = 0;
    this.transaction = undefined;
    this.cursors.clear();
  }

  /**
   * The open transaction, which has to be of the given id.
   * @throws LedgerError InvalidSessionException where it is older than 30 s
   */
  open(transactionId: string, now: number): Transaction {
    const { transaction } = this;
    if (transaction === undefined || transaction.id !== transactionId)
      throw badRequest(`Transaction ${transactionId} is not open in this session`);
    this.expireTransaction(now);
    if (this.expired !== undefined) throw this.expired;
    return transaction;
  }

  /** Ends the open transaction where it is too old, and the session with it. */
  expireTransaction(now: number): void {
    try {
      this.transaction?.refuseExpired(now);
    } catch (error) {
      if (!(error instanceof LedgerError)) throw error;
      this.expired = error;
      this.abandon();
    }
  }
}

/** QLDB's limit of sessions of a ledger, and how long an idle one lives. */
const most = 1500;
const idleMs = 17 * 60_000;

/** All sessions of a server, by token. */
export class Sessions {
  private readonly byToken = new Map<string, Session>();
  private readonly counts = new Map<Ledger, number>();
  private readonly now: () => number;
  private readonly memory: Memory;

  /** @param memory for what all open transactions were sent */
  constructor(now: () => number, memory: Memory) {
    this.now = now;
    this.memory = memory;
  }

  /** @throws LedgerError LimitExceededException where the ledger has too many */
  start(ledger: Ledger): Session {
    if (this.count(ledger) >= most) this.sweep();
    if (this.count(ledger) >= most) throw new LedgerError("LimitExceededException", `the limit of ${most} sessions of a ledger is reached`);
    const session = new Session(ledger, this.now(), this.memory);
    this.byToken.set(session.token, session);
    this.counts.set(ledger, this.count(ledger) + 1);
    return session;
  }

  private count(ledger: Ledger): number {
    return this.counts.get(ledger) ?? 0;
  }

  /** @throws LedgerError InvalidSessionException where there is none, or none any more */
  find(token: string): Session {
    const session = this.byToken.get(token);
    if (session === undefined) throw new LedgerError("InvalidSessionException", "No such session");
    const now = this.now();
    if (now - session.lastUsed > idleMs || session.ledger.closed) {
      this.end(session);
      throw new LedgerError("InvalidSessionException", `Session ${session.id} has expired`);
    }
    session.lastUsed = now;
    if (session.expired !== undefined) throw session.expired;
    return session;
  }

  end(session: Session): void {
    session.abandon();
    if (!this.byToken.delete(session.token)) return;
    const left = this.count(session.ledger) - 1;
    if (left > 0) this.counts.set(session.ledger, left);
    else this.counts.delete(session.ledger);
  }

  /** Ends sessions that nobody has used for long, and transactions that are too old to be committed. */
  sweep(): void {
    const now = this.now();
    for (const session of this.byToken.values()) {
      if (now - session.lastUsed > idleMs || session.ledger.closed) this.end(session);
      else session.expireTransaction(now);
    }
  }
}
