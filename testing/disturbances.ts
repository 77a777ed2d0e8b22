import { join } from "node:path";
import { UserError } from "../common/errors.ts";
import { withLock } from "../common/lock.ts";
import { waitUntil } from "../common/waiting.ts";
import type { Engine } from "../docker/engine.ts";
import { endingWords } from "../docker/last-lines.ts";
import { answers } from "../docker/waiting/answers.ts";
import { ContainerExit } from "../docker/waiting/exit.ts";
import { presentService, readSecrets, type SecretsNotes, waitUnsealed } from "../executable/service-secrets.ts";
import { neededShares, sharePrefix } from "../key-feeder/contract.ts";
import { Storage } from "../key-feeder/storage.ts";
import { type Role, stackNames } from "../model/names.ts";
import type { StackOutputs } from "../model/outputs.ts";
import { roleContainer } from "../model/parts.ts";
import { nitroHome } from "../toolchain/home.ts";
import { ownerId } from "../toolchain/owner.ts";
import { PartEndedError } from "./container-watch.ts";
import { type Undoable, UndoList, undoable } from "./undo.ts";

/** How long a part that was started anew may take to answer, and the service to be unsealed, in ms. */
const answerMs = 30_000;

/** Which stack, and where. */
export interface DisturbedStack {
  readonly name: string;
  readonly engine: Engine;
  /** The root folder of the project. */
  readonly root: string;
  readonly outputs: Pick<StackOutputs, "aws" | "buckets" | "localstackUrl">;
  readonly env: NodeJS.ProcessEnv;
}

/** What a test does to the parts of a stack, whoever else uses it: one test of this machine at a time, until it has undone everything. */
export class Disturbances {
  private readonly stack: DisturbedStack;
  private readonly done = new UndoList();
  private alone: Promise<void> | undefined;
  private over = false;

  constructor(stack: DisturbedStack) {
    this.stack = stack;
  }

  /**
   * Freezes a part: it keeps its connections and answers nothing.
   * @throws UserError where the stack has no such part
   */
  async pause(role: Role): Promise<Undoable> {
    const { engine } = this.stack;
    await this.beAlone();
    const { name } = await this.container(role);
    await engine.pause(name);
    return this.until(async () => {
      if ((await engine.inspect(name))?.status === "paused") await engine.unpause(name);
    });
  }

  /**
   * Starts a part's processes anew in its container, and waits until it answers; a service that was unsealed is so again.
   * @param graceSeconds from SIGTERM to SIGKILL; with 0 it ends as in a crash
   * @throws PartEndedError where it ends instead
   */
  async restart(role: Role, graceSeconds = 1): Promise<void> {
    await this.beAlone();
    const unsealed = role === "service" && !(await this.isSealed());
    await this.startAnew(role, graceSeconds);
    if (unsealed) await this.unsealed();
  }

  /**
   * Seals the service: takes the shares away and starts it without. The key-feeder, which would bring them back, is paused meanwhile.
   * Undone, the same shares are there again, and the service has its secrets.
   */
  async seal(): Promise<Undoable> {
    await this.beAlone();
    const { outputs } = this.stack;
    const sealed = await this.isSealed();
    const feeder = await this.pause("key-feeder");
    const bucket = outputs.buckets.shares;
    const kept = await this.withStorage("key-feeder", async (storage) => {
      const keys = [...((await storage.list(bucket, sharePrefix))?.keys() ?? [])];
      const share = async (key: string) => ({ key, content: await storage.get(bucket, key), fed: await storage.isOurs(bucket, key) });
      return Promise.all(keys.map(share));
    });
    const result = await this.until(async () => {
      for (const { key, content, fed } of kept)
        await this.withStorage(fed ? "key-feeder" : "operator", async (storage) => content && storage.put(bucket, key, content));
      await feeder.undo();
      await this.startAnew("service");
      if (!sealed) await this.unsealed();
    });
    const keys = kept.map(({ key }) => key);
    if (keys.length > 0) await this.withStorage("operator", (storage) => storage.remove(bucket, keys));
    await this.startAnew("service");
    return result;
  }

  /** Whether the service has no secrets. */
  async isSealed(): Promise<boolean> {
    const { engine, name } = this.stack;
    const service = await presentService(engine, stackNames(name).containers.service);
    return service === undefined || (await readSecrets(engine, service, this.notes)).sealed;
  }

  /** Undoes what is not undone yet, last first, and lets other tests disturb the stack. @throws as UndoList.undo does */
  undo(): Promise<void> {
    this.over = true;
    return this.done.undo();
  }

  private get notes(): SecretsNotes {
    return { root: this.stack.root, stack: this.stack.name };
  }

  private async until(work: () => Promise<void>): Promise<Undoable> {
    const undone = undoable(work);
    this.done.add(undone.undo);
    // Its test was given up meanwhile.
    if (this.over) await this.done.undo();
    return undone;
  }

  /** Waits until no other test of this machine disturbs the stack. @throws UserError where the test was given up meanwhile */
  private async beAlone(): Promise<void> {
    await this.turn();
    if (this.over) throw new UserError("nothing is disturbed any more: the scope is closed");
  }

  private turn(): Promise<void> {
    this.alone ??= new Promise((mine, fail) => {
      const over = Promise.withResolvers<void>();
      const held = withLock(disturbanceLock(this.stack.name, this.stack.env), () => {
        mine();
        return over.promise;
      });
      held.catch(fail);
      this.done.add(() => {
        over.resolve();
        this.alone = undefined;
        return held;
      });
    });
    return this.alone;
  }

  private container(role: Role) {
    const { engine, name, env } = this.stack;
    return roleContainer(engine, name, role, ownerId(env));
  }

  private async startAnew(role: Role, graceSeconds = 1): Promise<void> {
    const { engine } = this.stack;
    const { name, healthCheck: check } = await this.container(role);
    await engine.restart(name, { graceSeconds });
    if (check === undefined) return;
    await waitUntil(answers(engine, name, { check, believed: false }), { timeoutMs: answerMs, intervalMs: 50 }).catch(async (error) => {
      throw error instanceof ContainerExit ? new PartEndedError(role, await endingWords(engine, role, name)) : error;
    });
  }

  /** @throws PartEndedError where the service ends, or stays sealed */
  private async unsealed(): Promise<void> {
    const { engine, name } = this.stack;
    const container = stackNames(name).containers.service;
    const service = await presentService(engine, container);
    const how = service && (await waitUnsealed(engine, service, this.notes, AbortSignal.timeout(answerMs)));
    if (how === "unsealed") return;
    const words = await endingWords(engine, "service", container);
    throw new PartEndedError("service", how === "ended" ? words : `the service is still sealed, with ${neededShares} shares; ${words}`);
  }

  /** @param by who puts what is put: the key-feeder takes back only what it has put itself */
  private async withStorage<T>(by: "key-feeder" | "operator", use: (storage: Storage) => Promise<T>): Promise<T> {
    const { aws, localstackUrl } = this.stack.outputs;
    const storage = new Storage({ ...aws, endpoint: localstackUrl, s3Endpoint: localstackUrl }, by);
    try {
      return await use(storage);
    } finally {
      storage.close();
    }
  }
}

/** Who disturbs a stack holds it. */
function disturbanceLock(stack: string, env: NodeJS.ProcessEnv): string {
  return join(nitroHome(env), "locks", `disturbed-${ownerId(env)}-${stack}`);
}

/** Lets parts go on that a test has paused which was killed: no test that lives pauses them. */
export async function endAbandonedPauses(
  { engine, name, env }: Pick<DisturbedStack, "engine" | "name" | "env">,
  roles: readonly Role[],
): Promise<void> {
  const containers = roles.map((role) => stackNames(name).containers[role]);
  const paused = async () => {
    const all = await Promise.all(containers.map((container) => engine.inspect(container)));
    return all.flatMap((details) => (details?.status === "paused" ? [details.name] : []));
  };
  if ((await paused()).length === 0) return;
  await withLock(disturbanceLock(name, env), async () => {
    for (const container of await paused()) await engine.unpause(container);
  });
}
