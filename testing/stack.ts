import { personHere } from "../common/person.ts";
import { noteUse } from "../data/note-use.ts";
import { Engine } from "../docker/engine.ts";
import { LedgerHttp } from "../ledger/client/http.ts";
import { LedgerClient } from "../ledger/client/session.ts";
import { type Role, stackNames } from "../model/names.ts";
import type { StackOutputs } from "../model/outputs.ts";
import { partsOf } from "../model/parts.ts";
import { stackEngineVariables } from "../model/stack-engine.ts";
import { numbered } from "../operators/keys.ts";
import { connectPayouts } from "../operators/payouts/streams.ts";
import { ownerId } from "../toolchain/owner.ts";
import { ContainerWatch } from "./container-watch.ts";
import { endAbandonedPauses } from "./disturbances.ts";
import { StackOutputsError, type StackOutputsOptions, stackOutputs } from "./outputs.ts";
import { noProjectRoot, projectRoot } from "./project-root.ts";
import { TestScope } from "./scope.ts";
import { type StackTools, stackTools } from "./tools.ts";
import { UndoList } from "./undo.ts";
import type { WaitOptions } from "./wait-for.ts";
import { waitForParts } from "./wait-for-parts.ts";

export interface PartWaitOptions extends WaitOptions {
  /** Parts without which it cannot come true; all of the stack by default. */
  readonly parts?: readonly Role[];
}

/** A stack that is up, with a client of each part. To be closed. */
export interface TestStack extends StackTools, AsyncDisposable {
  readonly name: string;
  /** The stack's parts. */
  readonly parts: readonly Role[];
  /**
   * Tries until the check gives something that is neither undefined nor false, and fails early where a part has ended for which it waits, or
   * ends again and again: with the part's last log lines. A restart or a swap is no end.
   * @param check what it throws counts as "not yet"; the last of it is part of the message
   * @throws WaitTimeoutError, PartEndedError
   */
  waitFor<T>(check: () => T | Promise<T>, options: PartWaitOptions): Promise<Exclude<T, undefined | false>>;
  /**
   * What one test has for itself. To be closed; what is still open is closed with the stack.
   * @param label part of its names, for people who look at the stack meanwhile
   */
  scope(label?: string): TestScope;
  /** Closes scopes and clients. The stack stays as it is. @throws what could not be undone */
  close(): Promise<void>;
}

/**
 * Opens a stack that is up, and lets go on what a killed test has left paused.
 *
 * @param name such as "alice"
 * @throws StackOutputsError, UserError where it is not up or does not answer; the message names the command that mends it
 * @example await using stack = await openStack("alice");
 */
export async function openStack(name: string, options: StackOutputsOptions = {}): Promise<TestStack> {
  const { env = process.env, root = projectRoot(import.meta.dirname) } = options;
  if (root === undefined) throw new StackOutputsError(noProjectRoot);
  const outputs = await stackOutputs(name, options);
  const engine = Engine.connect({ ...env, ...(await stackEngineVariables(root, name)) });
  const parts = partsOf((await engine.inspect(stackNames(name).containers.service))?.labels);
  await endAbandonedPauses({ name, engine, env }, parts);
  await noteUse(engine, { stack: name, owner: ownerId(env) }, personHere(env));
  const redis = await connectPayouts(outputs.redisUrl, name, outputs.caCertificate);
  const ledger = ledgerOf(name, outputs);
  const operators = numbered(outputs.operators);
  const tools = stackTools({ name, outputs, redis, operators, ledger, serviceHost: outputs.serviceHost, ledgerName: outputs.ledgerName });
  const open = new UndoList();
  open.add(async () => redis.disconnect());
  open.add(async () => tools.s3.destroy());
  open.add(async () => ledger?.close());
  const waitFor: TestStack["waitFor"] = (check, { parts: needed = parts, ...wait }) =>
    waitForParts(new ContainerWatch(engine, name, needed), check, wait);
  const close = () => open.undo();
  return {
    ...tools,
    name,
    parts,
    waitFor,
    scope(label) {
      const scope = new TestScope({ name, engine, env, root, tools, waitFor }, label);
      open.add(() => scope.close());
      return scope;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function ledgerOf(name: string, { ledgerEndpoint, ledgerName }: StackOutputs): LedgerClient | undefined {
  if (ledgerEndpoint === undefined) return undefined;
  return new LedgerClient(new LedgerHttp(ledgerEndpoint, `./nitro up -s ${name}`), ledgerName);
}
