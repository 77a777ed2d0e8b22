import { randomBytes } from "node:crypto";
import { setImmediate as othersTurn } from "node:timers/promises";
import { newId } from "../ids.ts";
import type { IonValue } from "../ion/value.ts";
import type { Ledger } from "../ledger.ts";
import type { Memory } from "../memory.ts";
import type { Budget } from "../partiql/budget.ts";
import type { Pause } from "../partiql/pause.ts";
import { inTurns } from "../steps.ts";
import { badRequest, LedgerError } from "../transaction/errors.ts";
import type { IoUsage, Transaction } from "../transaction/transaction.ts";
import { Turnstile } from "./turnstile.ts";

/** Rows of a statement that are still to come. */
export interface Cursor {
  readonly transaction: Transaction;
  readonly rows: Iterator<IonValue | Pause>;
  /** The row after the last page, once it was looked for: whether it is there decides if a page is the last. */
  next: IteratorResult<IonValue> | undefined;
  readonly usage: IoUsage;
  readonly budget: Budget;
  /** Bytes that the statement itself takes, once it is ready. */
  readonly weight: number;
  /** Bytes that are counted for what it keeps. */
  counted: number;
}

/** Most statements keep less than so many bytes, and are not counted. */
const leastCounted = 64 << 10;

/** Characters from which on a statement, or its parameters, are long. */
const leastLong = 16 << 10;

/** What all sessions of a server have in common. */
interface Shared {
  readonly memory: Memory;
  /** Where what is long is made ready. */
  readonly long: Turnstile;
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
  private readonly works = new Turnstile();
  private readonly shared: Shared;
  /** Bytes that its transaction holds of what was sent. */
  private held = 0;

  constructor(ledger: Ledger, now: number, shared: Shared) {
    this.ledger = ledger;
    this.shared = shared;
    this.lastUsed = now;
  }

  /** Runs work once the work before it is done: a session does one thing at a time. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.works.pass(work);
  }

  /**
   * Runs what makes a statement of its open transaction ready. Of all sessions one alone does so with something long: what is made of it takes
   * many times its size, and is only counted once it is there.
   * @param length of what is made ready, in characters
   * @throws LedgerError where the transaction was ended meanwhile
   */
  async ready<T>(transaction: Transaction, length: number, steps: Iterator<unknown, T>): Promise<T> {
    const check = () => this.refuseOver(transaction);
    const work = async () => {
      check();
      const made = await inTurns(steps, check);
      check();
      return made;
    };
    return await (length < leastLong ? work() : this.shared.long.pass(work));
  }

  /** Gives others their turn between two steps of a long statement. @throws LedgerError where its transaction was ended meanwhile */
  async rest(transaction: Transaction, length: number): Promise<void> {
    if (length < leastLong) return;
    await othersTurn();
    this.refuseOver(transaction);
  }

  /** Ends the open transaction without a trace. */
  abandon(): void {
    if (this.transaction !== undefined) this.ledger.abandon(this.transaction);
    this.forget();
  }

  /** Counts what the open transaction was sent, until it is over. @throws LedgerError CapacityExceededException */
  hold(bytes: number): void {
    this.shared.memory.take(bytes);
    this.held += bytes;
  }

  /** Counts what a statement keeps while others have their turn. @throws LedgerError CapacityExceededException */
  count(cursor: Cursor): void {
    this.countTo(cursor, cursor.weight + cursor.budget.kept);
  }

  /** A statement is over, and keeps nothing. */
  uncount(cursor: Cursor): void {
    this.countTo(cursor, 0);
  }

  private countTo(cursor: Cursor, kept: number): void {
    const more = kept - cursor.counted;
    // Once the transaction is over, nothing of it is counted any more.
    if (this.transaction !== cursor.transaction || Math.abs(more) < leastCounted) return;
    if (more > 0) this.hold(more);
    else this.give(-more);
    cursor.counted = kept;
  }

  private give(bytes: number): void {
    this.shared.memory.give(bytes);
    this.held -= bytes;
  }

  /** Bytes that one statement may take. */
  get share(): number {
    return this.shared.memory.share;
  }

  /** The transaction is over. */
  forget(): void {
    this.give(this.held);
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

  /** To be asked by a statement that others have had their turn in: one of them may have ended its transaction. @throws LedgerError */
  refuseOver(transaction: Transaction): void {
    if (this.transaction !== transaction)
      throw this.expired ?? badRequest(`Transaction ${transaction.id} was ended while a statement was running`);
  }

  /** Ends a transaction whose statement took too long; the session goes on. */
  endOverrun(transaction: Transaction): void {
    if (transaction.overrun && this.transaction === transaction) this.abandon();
  }

  /** Whether something is being done that ends by itself once its transaction is too old. */
  get busy(): boolean {
    return this.works.busy;
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
  private readonly shared: Shared;

  /** @param memory for what all open transactions hold */
  constructor(now: () => number, memory: Memory) {
    this.now = now;
    this.shared = { memory, long: new Turnstile() };
  }

  /** @throws LedgerError LimitExceededException where the ledger has too many */
  start(ledger: Ledger): Session {
    if (this.count(ledger) >= most) this.sweep();
    if (this.count(ledger) >= most) throw new LedgerError("LimitExceededException", `the limit of ${most} sessions of a ledger is reached`);
    const session = new Session(ledger, this.now(), this.shared);
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
      else if (!session.busy) session.expireTransaction(now);
    }
  }
}
