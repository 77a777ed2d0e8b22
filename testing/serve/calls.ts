import { z } from "zod";
import { UserError } from "../../common/errors.ts";
import { roles } from "../../model/names.ts";
import type { LedgerTool } from "../ledger-tool.ts";
import type { TestScope } from "../scope.ts";
import type { TestStack } from "../stack.ts";
import type { TestPayout } from "../test-payout.ts";
import type { Undoable } from "../undo.ts";

/** What was given out to the caller, by its name. */
export interface Handed {
  readonly stack: TestStack;
  readonly scopes: Map<string, TestScope>;
  readonly payouts: Map<string, TestPayout>;
  readonly ledgers: Map<string, LedgerTool>;
  readonly undoables: Map<string, Undoable>;
}

/** A call that programs in other languages make. */
export interface ServedCall {
  /** @throws UserError naming each argument that is wrong */
  run(args: unknown, handed: Handed, signal: AbortSignal): Promise<unknown>;
}

const role = z.enum(roles);
const inScope = { scope: z.string() };
const ofPayout = { payoutId: z.string() };
const waiting = { ...ofPayout, timeoutMs: z.number().int().positive().optional() };

/** Every call, with its arguments. Answers are JSON; what stays open is named in them. */
export const calls: Readonly<Record<string, ServedCall>> = {
  scope: call({ label: z.string().default("") }, ({ label }, handed) => {
    const scope = handed.stack.scope(label);
    handed.scopes.set(scope.id, scope);
    return scope.id;
  }),
  closeScope: call(inScope, async ({ scope }, handed) => named(handed.scopes, scope, "scope").close()),
  payoutId: call(inScope, ({ scope }, handed) => named(handed.scopes, scope, "scope").payoutId()),
  bucket: call(inScope, ({ scope }, handed) => named(handed.scopes, scope, "scope").bucket()),
  ledger: call(inScope, async ({ scope }, handed) => {
    const ledger = await named(handed.scopes, scope, "scope").ledger();
    handed.ledgers.set(ledger.name, ledger);
    return ledger.name;
  }),
  payout: call(
    {
      ...inScope,
      count: z.number().int().min(1).max(10_000).optional(),
      amount: z.string().optional(),
      custodian: z.string().optional(),
      authorization: z.enum(["auto", "manual"]).optional(),
    },
    async ({ scope, ...request }, handed) => {
      const payout = await named(handed.scopes, scope, "scope").payout(request);
      handed.payouts.set(payout.payoutId, payout);
      return payout.payoutId;
    },
  ),
  payments: call(ofPayout, ({ payoutId }, handed) => named(handed.payouts, payoutId, "payout").payments()),
  prepared: call(waiting, ({ payoutId, ...wait }, handed) => named(handed.payouts, payoutId, "payout").prepared(wait)),
  ended: call(waiting, ({ payoutId, ...wait }, handed) => named(handed.payouts, payoutId, "payout").ended(wait)),
  paid: call(waiting, ({ payoutId, ...wait }, handed) => named(handed.payouts, payoutId, "payout").paid(wait)),
  authorize: call({ ...ofPayout, operators: z.array(z.number().int()).default([]) }, ({ payoutId, operators }, handed) =>
    named(handed.payouts, payoutId, "payout").authorize(...operators),
  ),
  problems: call(ofPayout, async ({ payoutId }, handed) => (await named(handed.payouts, payoutId, "payout").report()).problems),
  cancel: call(ofPayout, ({ payoutId }, handed) => named(handed.payouts, payoutId, "payout").cancel()),
  pause: call({ ...inScope, part: role }, async ({ scope, part }, handed) =>
    handOut(handed, await named(handed.scopes, scope, "scope").pause(part)),
  ),
  sealService: call(inScope, async ({ scope }, handed) => handOut(handed, await named(handed.scopes, scope, "scope").sealService())),
  undo: call({ undoable: z.string() }, ({ undoable }, handed) => named(handed.undoables, undoable, "undoable").undo()),
  restart: call({ ...inScope, part: role, graceSeconds: z.number().int().min(0).optional() }, ({ scope, part, graceSeconds }, handed) =>
    named(handed.scopes, scope, "scope").restart(part, graceSeconds === undefined ? {} : { graceSeconds }),
  ),
  isSealed: call(inScope, ({ scope }, handed) => named(handed.scopes, scope, "scope").isSealed()),
  signed: call(
    { operator: z.number().int(), path: z.string().startsWith("/"), body: z.json(), date: z.iso.datetime().optional() },
    async ({ operator, path, body, date }, { stack }) => {
      const at = date === undefined ? new Date() : new Date(date);
      const { status, text, attestation } = await stack.service.signed(stack.operator(operator), path, body, at);
      return { status, text, attestation: attestation.verdict };
    },
  ),
  query: call({ ledger: z.string().optional(), statement: z.string(), parameters: z.array(z.json()).default([]) }, (args, handed) => {
    const ledger = args.ledger === undefined ? handed.stack.ledger : named(handed.ledgers, args.ledger, "ledger");
    return ledger.query(args.statement, ...args.parameters);
  }),
  /** Ends, with an error, once a part has ended for which somebody waits; until it is cancelled. */
  watch: call({ what: z.string(), parts: z.array(role).optional() }, ({ what, parts }, { stack }, signal) =>
    stack.waitFor(() => false, { what, signal, timeoutMs: Infinity, intervalMs: 60_000, ...(parts === undefined ? {} : { parts }) }),
  ),
};

function call<Shape extends z.core.$ZodLooseShape>(
  shape: Shape,
  work: (args: z.output<z.ZodObject<Shape>>, handed: Handed, signal: AbortSignal) => unknown,
): ServedCall {
  const schema = z.strictObject(shape);
  return {
    async run(args, handed, signal) {
      const read = schema.safeParse(args);
      if (read.success) return work(read.data as z.output<z.ZodObject<Shape>>, handed, signal);
      throw new UserError(read.error.issues.map(({ path, message }) => `${path.join(".") || "the arguments"}: ${message}`).join("; "));
    },
  };
}

function named<T>(all: ReadonlyMap<string, T>, name: string, what: string): T {
  const found = all.get(name);
  if (found !== undefined) return found;
  throw new UserError(`there is no ${what} "${name}": allowed are those that this connection has made`);
}

function handOut({ undoables }: Handed, undoable: Undoable): string {
  const name = String(undoables.size + 1);
  undoables.set(name, undoable);
  return name;
}
