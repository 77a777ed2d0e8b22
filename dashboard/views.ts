/** What the page is told. Types alone: its sources import them too. */

/** What there is to see. */
export interface AboutView {
  /** Undefined where only a ledger is served. */
  readonly stack: string | undefined;
  /** The ledger's name; undefined where there is none to ask. */
  readonly ledger: string | undefined;
}

/** A part of a stack, as it is right now. */
export interface PartView {
  readonly role: string;
  readonly id: string;
  readonly state: string;
  readonly health?: string | undefined;
  readonly exitCode?: number | undefined;
  readonly restarts: number;
  readonly image?: string | undefined;
  /** Of the executable, as declared. */
  readonly sha256?: string | undefined;
  readonly running?: { readonly sha256: string } | undefined;
  readonly live?: string | undefined;
  /** ISO 8601. */
  readonly builtAt?: string | undefined;
  readonly startedAt?: string | undefined;
  readonly ports: readonly number[];
  /** Bytes. */
  readonly memory?: number | undefined;
}

/** A command that is changing the stack. One that keeps the next swap ready is none before that swap begins. */
export interface UpdateView {
  readonly pid: number;
  readonly username: string;
  readonly hostname: string;
  /** ISO 8601. */
  readonly timestamp: string;
}

/** A stack, as it is right now. */
export interface StackView {
  readonly stack: string;
  /** False after it was taken down. */
  readonly exists: boolean;
  readonly healthy: boolean;
  readonly sealed: boolean;
  readonly shares: number;
  readonly parts: readonly PartView[];
  readonly faults: readonly { readonly part: string; readonly kind: string; readonly until: string }[];
  readonly update: UpdateView | undefined;
  /** Whether the next swap is kept ready. */
  readonly armed: boolean;
}

/** A payout in the list of all. */
export interface PayoutRow {
  readonly payoutId: string;
  readonly payments: number;
  readonly prepared: number;
  readonly paid: number;
  readonly failed: number;
  readonly worker: string;
  readonly behind?: string | undefined;
}

/** Numbers of the operators who can authorize a payout from here. */
export type OperatorsView = readonly number[];

/** A payment of a payout. */
export interface PaymentRow {
  readonly to: string;
  readonly amount: string;
  readonly custodian: string;
  readonly documentId?: string | undefined;
  readonly state: "waiting" | "prepared" | "authorized" | "pending" | "failed" | "paid";
  readonly expected: string;
  readonly authorizations: number;
  /** From its request to the answer that brought its state. */
  readonly ms?: number | undefined;
}

/** Payments that are new or have changed, each with its place. */
export interface PaymentChanges {
  readonly total: number;
  readonly rows: readonly (readonly [index: number, row: PaymentRow])[];
}

/** A line of a part's log. */
export interface LogEntry {
  readonly part: string;
  /** ISO 8601. */
  readonly time: string;
  /** "replaced": another container has taken the part's place, and the line is its id. */
  readonly kind: "stdout" | "stderr" | "replaced";
  readonly line: string;
}

/** A table of the ledger. */
export interface TableView {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly indexes: readonly string[];
  /** Undefined of a dropped one. */
  readonly documents?: number | undefined;
}

/** Rows that a statement found, in binary Ion, as base64. */
export interface QueryView {
  readonly rows: readonly string[];
  /** How many there were: `rows` may be the first of them. */
  readonly total: number;
  /** On the way there and back, in ms. */
  readonly took: number;
}

/** How a source of a statement's rows is looked through. */
export interface PlanView {
  readonly source: string;
  readonly access: string;
}

/** A document's revisions, oldest first, in binary Ion, as base64. */
export interface DocumentView {
  readonly table: string;
  readonly revisions: readonly string[];
}

/** What a revision is proved by: the ledger's digest, and the hashes on the way to it. All base64. */
export interface ProofView {
  readonly digest: string;
  readonly sequenceNo: number;
  readonly proof: readonly string[];
}
