import { randomBytes } from "node:crypto";
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { UserError } from "../common/errors.ts";
import type { Engine } from "../docker/engine.ts";
import { LedgerHttp } from "../ledger/client/http.ts";
import { LedgerClient } from "../ledger/client/session.ts";
import type { Role } from "../model/names.ts";
import { equalPayments } from "../operators/payouts/equal.ts";
import { PayoutStreams } from "../operators/payouts/streams.ts";
import { Disturbances } from "./disturbances.ts";
import { LedgerTool } from "./ledger-tool.ts";
import { TestPayout, type TestPayoutArgs } from "./test-payout.ts";
import type { StackTools } from "./tools.ts";
import { type Undoable, UndoList } from "./undo.ts";

/** What a scope works with. */
export interface ScopeArgs {
  readonly name: string;
  readonly engine: Engine;
  readonly env: NodeJS.ProcessEnv;
  /** The root folder of the project. */
  readonly root: string;
  readonly tools: StackTools;
  readonly waitFor: TestPayoutArgs["waitFor"];
}

/** A payout of equal payments, each to a payee of its own. */
export interface TestPayoutRequest {
  /** 1 by default. */
  readonly count?: number;
  /** Of each payment, a decimal; "1.5" by default. */
  readonly amount?: string;
  /** By default the stack's, `outputs.payout.custodian`. */
  readonly custodian?: string;
  /** manual: left to people (`payout.authorize()`); auto: as the stack does with all, which is the default. */
  readonly authorization?: "auto" | "manual";
}

/**
 * What one test has of a stack for itself: names that nobody else has, and what it does to the stack. Everything is undone by `close`, or at
 * the end of the block that has `await using`.
 */
export class TestScope implements AsyncDisposable {
  /** Nobody else's: what this scope names begins with it. */
  readonly id: string;
  private readonly args: ScopeArgs;
  private readonly made = new UndoList();
  private readonly disturbances: Disturbances;
  private names = 0;
  private closed: Promise<void> | undefined;

  /** @param label part of its names: letters, digits and hyphens of it */
  constructor(args: ScopeArgs, label = "") {
    const { name, engine, env, root, tools } = args;
    const words = label.toLowerCase().match(/[a-z0-9]+/g) ?? [];
    this.id = ["test", ...words, randomBytes(4).toString("hex")].join("-");
    this.args = args;
    this.disturbances = new Disturbances({ name, engine, env, root, outputs: tools.outputs });
    this.made.add(() => this.removeKeys());
  }

  /** A payout's name that nobody else has; such a payout is removed at the end. */
  payoutId(): string {
    this.mustBeOpen();
    const payoutId = `${this.id}-${++this.names}`;
    this.made.add(() => this.args.tools.pay.cancel(payoutId));
    return payoutId;
  }

  /** A key of the stack's Redis that nobody else has: `<id>:<name>`. All that begin so are removed at the end. */
  key(name: string): string {
    return `${this.id}:${name}`;
  }

  /** Makes a bucket in the stack's S3. @returns its name; removed at the end, with what it holds */
  async bucket(): Promise<string> {
    this.mustBeOpen();
    const { s3, outputs } = this.args.tools;
    const Bucket = this.shortName();
    this.made.add(() => this.removeBucket(Bucket));
    const LocationConstraint = outputs.aws.region as BucketLocationConstraint;
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }));
    return Bucket;
  }

  /**
   * Makes a ledger beside the stack's own, for tests of code that is given a ledger's name.
   * @returns it, to ask it; removed at the end
   * @throws UserError where the stack's ledger is AWS's
   */
  async ledger(): Promise<LedgerTool> {
    this.mustBeOpen();
    const { ledgerEndpoint } = this.args.tools.outputs;
    if (ledgerEndpoint === undefined)
      throw new UserError(`the ledger of stack "${this.args.name}" is AWS's own (ledger mode aws): a test makes none there`);
    const http = new LedgerHttp(ledgerEndpoint, `./nitro up -s ${this.args.name}`);
    const name = this.shortName();
    const client = new LedgerClient(http, name);
    this.made.add(async () => {
      await client.close();
      await http.control("DELETE", `/ledgers/${name}`);
    });
    await http.control("POST", "/ledgers", { Name: name, PermissionsMode: "ALLOW_ALL", DeletionProtection: false });
    return new LedgerTool(name, client);
  }

  /** Makes a payout of equal payments, and does not wait for it. */
  async payout(request: TestPayoutRequest = {}): Promise<TestPayout> {
    const { name: stack, engine, tools, waitFor } = this.args;
    const { outputs, redis, pay, operators } = tools;
    const { payout, authorization: authorizing } = outputs;
    const { count = 1, amount = "1.5", custodian = payout.custodian, authorization = authorizing.mode } = request;
    const payoutId = this.payoutId();
    const payments = equalPayments({ count, amount, custodian, payoutId, from: payout.from, currency: payout.currency });
    await new PayoutStreams(redis, payoutId).put(payments, outputs.serviceHost, request.authorization === "manual");
    const numbers = operators.map(({ number }) => number);
    const args = { stack, engine, redis, pay, waitFor, operators: numbers, authorizing: { ...authorizing, mode: authorization } };
    return new TestPayout(payoutId, args);
  }

  /**
   * Freezes a part of the stack: it keeps its connections and answers nothing, until it is undone. Tests that disturb a stack do so one
   * after the other: this waits for its turn. Tests beside it live through it.
   * @throws UserError where the stack has no such part
   */
  pause(role: Role): Promise<Undoable> {
    return this.disturbances.pause(role);
  }

  /**
   * Starts a part anew in its container and waits until it answers, the service until it is unsealed as before. Waits for its turn, as
   * `pause` does.
   * @param options graceSeconds: from SIGTERM to SIGKILL, 1 by default; with 0 it ends as in a crash
   * @throws PartEndedError where it ends instead
   */
  restart(role: Role, options: { readonly graceSeconds?: number } = {}): Promise<void> {
    return this.disturbances.restart(role, options.graceSeconds);
  }

  /** Seals the service, until it is undone: it answers, and has no secrets. Waits for its turn, as `pause` does. */
  sealService(): Promise<Undoable> {
    return this.disturbances.seal();
  }

  /** Whether the service has no secrets now. */
  isSealed(): Promise<boolean> {
    return this.disturbances.isSealed();
  }

  /** Undoes everything, also where a part of it fails. Later calls wait for the first. @throws what failed */
  close(): Promise<void> {
    this.closed ??= this.undoAll();
    return this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** First the stack has to answer again. */
  private undoAll(): Promise<void> {
    const all = new UndoList();
    all.add(() => this.made.undo());
    all.add(() => this.disturbances.undo());
    return all.undo();
  }

  /** What is made afterwards nobody would remove. */
  private mustBeOpen(): void {
    if (this.closed !== undefined) throw new UserError(`scope ${this.id} is closed: open another one with stack.scope()`);
  }

  /** A name within the 32 characters that ledgers have. */
  private shortName(): string {
    return `test-${this.id.slice(-8)}-${++this.names}`;
  }

  private async removeKeys(): Promise<void> {
    const { redis } = this.args.tools;
    for await (const keys of redis.scanStream({ match: `${this.id}:*`, count: 1_000 }))
      if (Array.isArray(keys) && keys.length > 0) await redis.unlink(keys.map(String));
  }

  private async removeBucket(Bucket: string): Promise<void> {
    const { s3 } = this.args.tools;
    for (;;) {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      if (Contents.length === 0) break;
      await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: Contents.map(({ Key }) => ({ Key })), Quiet: true } }));
    }
    await s3.send(new DeleteBucketCommand({ Bucket }));
  }
}
