import { resolve } from "node:path";
import { bringsExecutable, type Configured, configure, mustBePlain } from "../../automation/configured.ts";
import { buildForEngine } from "../../automation/ready.ts";
import { stateIds } from "../../automation/state.ts";
import type { SwapArgs } from "../../automation/swap.ts";
import { collectGarbage } from "../../common/garbage.ts";
import { Progress } from "../../common/progress.ts";
import type { Arch } from "../../docker/types.ts";
import { loadStaged } from "../../executable/loading.ts";
import { executableFile } from "../../executable/staging.ts";
import { otherClone } from "../../stacks/clones.ts";
import { besideExecutable } from "../../stacks/configuration.ts";
import { tellSwap, whatShouldRun } from "../swap/what-runs.ts";
import { DeclaredSwapper } from "../watch/declared.ts";
import { differentVariable, type KeeperAnswer, type KeeperRequest, type KeeperState } from "./protocol.ts";
import type { Visitor } from "./serve.ts";
import { sourcesStamp } from "./sources.ts";

/** So many looks in a row: what is garbage goes back to the system step by step. */
const patience = 5;

const nobodyWaits: KeeperAnswer = { refused: "nobody waits for it any more" };
const changedSources = "this project's files have changed";

type SwapRequest = Extract<KeeperRequest, { readonly ask: "swap" }>;

/** More than this it does not keep between two swaps, in bytes; pulumi and its plugins come on top. */
const memoryLimit = 200 * 1024 * 1024;

/**
 * Holds an armed update of a stack for whoever swaps next. It is over where nobody has swapped for as long as the settings say, the stack is gone,
 * this project's files have changed, it needs too much memory, or somebody asks it to end.
 */
export class Keeper {
  private readonly args: Omit<SwapArgs, "progress">;
  private readonly output = new VisitorOutput();
  private readonly progress = new Progress(this.output);
  private readonly swapper: DeclaredSwapper;
  private readonly stamp: string;
  private readonly ending = new AbortController();
  private readonly gone = Promise.withResolvers<void>();
  /** What was configured when the next update was armed. */
  private configured = "";
  private turn: Promise<unknown> = Promise.resolve();
  private waiting = 0;
  private swaps = 0;
  /** Of the engine, once it has answered: a swap need not ask before it reads the executable. */
  private arch: Arch | undefined;
  private heavy = false;
  /** How many looks in a row found it to need too much memory. */
  private fat = 0;
  private until = 0;

  constructor(args: Omit<SwapArgs, "progress">) {
    this.args = args;
    this.swapper = new DeclaredSwapper({ ...args, progress: this.progress });
    this.stamp = sourcesStamp(args.context.root);
    this.over.addEventListener("abort", () => {
      // What is being armed waits for minutes where a part does not answer. A swap that is under way goes on.
      if (this.waiting === 0) void this.swapper.close().catch(() => {});
    });
  }

  /** Aborted once it is over, with the reason in words. */
  get over(): AbortSignal {
    return this.ending.signal;
  }

  /** True where it is over for its memory alone: one that begins anew needs less. */
  get renewable(): boolean {
    return this.heavy && this.swaps > 0;
  }

  /** Arms the first update. @throws UserError where the settings cannot be read */
  async start(): Promise<void> {
    const configured = await this.configure();
    this.configured = fingerprint(configured);
    this.used(configured);
    if (this.over.aborted) return;
    await this.swapper.arm();
    this.arch = (await this.args.engine.ping().catch(() => undefined))?.arch;
    await this.mayGoOn();
  }

  /** To be called now and then. */
  async check(): Promise<void> {
    if (this.waiting > 0) return;
    await this.inTurn(async () => {
      const { root } = this.args.context;
      const configured = await this.configure().catch(() => undefined);
      if (configured?.settings.swap.keep === 0) return this.end("setting swap.keep is 0");
      if (Date.now() > this.until) return this.end("nobody has swapped for so long");
      if (sourcesStamp(root) !== this.stamp) return this.end(changedSources);
      // What cannot be read is for the next command to tell.
      if (configured !== undefined) await this.fit(configured);
      if (this.over.aborted) return;
      await this.swapper.check();
      await this.mayGoOn();
    });
  }

  async answer(request: KeeperRequest, visitor: Visitor): Promise<KeeperAnswer> {
    if (request.ask === "about") return { about: this.about() };
    if (request.ask === "end") {
      this.end("it was asked to");
      await this.gone.promise;
      return { done: true };
    }
    if (this.waiting > 0) visitor.say("stderr", `waiting: another swap of stack "${this.args.stack.name}" is under way\n`);
    this.waiting += 1;
    let begun = false;
    const turn = this.inTurn(() => {
      begun = true;
      return this.swap(request, visitor);
    }).finally(() => {
      this.waiting -= 1;
    });
    const left = new Promise<KeeperAnswer>((resolve) => {
      visitor.gone.addEventListener("abort", () => {
        if (!begun) resolve(nobodyWaits);
      });
    });
    return await Promise.race([turn, left]);
  }

  /** To be over, after the swap that is under way. */
  stop(): void {
    this.end("it was stopped");
  }

  /** Ends, after the swap that is under way: what is armed goes. */
  async close(): Promise<void> {
    this.stop();
    await this.turn;
    await this.swapper.close();
    this.gone.resolve();
  }

  private end(reason: string): void {
    this.ending.abort(reason);
  }

  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => {});
    return mine;
  }

  private about(): KeeperState {
    const memory = process.memoryUsage.rss();
    return { pid: process.pid, armed: this.swapper.armedNow, memory, until: new Date(this.until).toISOString() };
  }

  private configure(): Promise<Configured> {
    return configure(this.args.stack.name, this.args.context, { files: besideExecutable });
  }

  /** What was armed by other settings, or other contents of the files that they name, goes. */
  private async fit(configured: Configured): Promise<void> {
    const now = fingerprint(configured);
    if (now === this.configured) return;
    this.configured = now;
    await this.swapper.close();
    await this.swapper.arm();
  }

  private used({ settings }: Configured): void {
    this.until = Date.now() + settings.swap.keep * 60_000;
  }

  private async mayGoOn(): Promise<void> {
    const memory = process.memoryUsage.rss();
    if (memory <= memoryLimit) this.fat = 0;
    else if (this.fat < patience) this.fat += 1;
    else {
      this.heavy = true;
      return this.end(`it takes ${memory} bytes, and may take ${memoryLimit}`);
    }
    if (this.fat > 0) collectGarbage();
    if (this.swapper.armedNow) return;
    const state = await this.args.stack.state();
    if (state === undefined || stateIds(state, "container").length === 0) this.end("the stack is not up");
  }

  private async swap(request: SwapRequest, visitor: Visitor): Promise<KeeperAnswer> {
    const began = Date.now();
    const { engine, stack, roles, context } = this.args;
    const { root } = context;
    if (visitor.gone.aborted) return nobodyWaits;
    if (this.over.aborted) return { refused: "it ends" };
    const different = differentVariable(request.env, context.env);
    if (different !== undefined) return { refused: `${different} is another one in this environment` };
    this.swapper.lookAhead();
    const looks = Promise.all([whatShouldRun(engine, root, stack.name), engine.ping()]);
    looks.catch(() => {});
    const reading = this.configure();
    reading.catch(() => {});
    if (sourcesStamp(root) !== this.stamp) {
      this.end(changedSources);
      return { refused: changedSources };
    }
    if (otherClone({ stack: stack.name, root, env: context.env }) !== undefined)
      return { refused: "another clone has taken the stack over" };
    const configured = await reading;
    const { settings } = configured;
    if (settings.service.image !== undefined) return { refused: "the executable is in an image" };
    if (request.binary !== undefined && request.binary !== named(root, settings.service.binary)) return { refused: "it is another file" };
    mustBePlain(configured, "service.binary", "service.image", "build");
    this.used(configured);
    const closed = fingerprint(configured) === this.configured ? undefined : this.swapper.close();
    this.swaps += 1;
    let fired = false;
    this.output.visitor = visitor;
    this.output.columns = request.columns ?? 0;
    try {
      const arch = this.arch ?? (await looks)[1].arch;
      const building = { ...context, env: request.env, signal: visitor.gone };
      if (!bringsExecutable(configured)) await buildForEngine({ engine, arch }, stack.name, configured, this.progress, building);
      const executable = await loadStaged(root, executableFile(root, stack.name, settings, arch), arch, stack.name);
      const [before] = await looks;
      await closed;
      if (visitor.gone.aborted) return nobodyWaits;
      fired = true;
      await this.swapper.swap(executable, visitor.gone);
      await tellSwap(engine, { stack: stack.name, roles, before, began }, (text) => visitor.say("stdout", text));
      return { done: true };
    } catch (error) {
      if (visitor.gone.aborted && !fired) return nobodyWaits;
      throw error;
    } finally {
      this.output.visitor = undefined;
      this.configured = fingerprint(configured);
      void this.swapper.arm().catch(() => {});
    }
  }
}

function named(root: string, setting: string | undefined): string | undefined {
  return setting === undefined ? undefined : resolve(root, setting);
}

/** Differs where an update would declare something else, the executable aside. */
function fingerprint({ settings, secrets, operatorKeys, mounts }: Configured): string {
  return JSON.stringify([settings, secrets, operatorKeys, mounts]);
}

/** What an update says goes to whoever waits for it. */
class VisitorOutput {
  visitor: Visitor | undefined;
  /** Of the visitor's terminal; 0 where there is none. */
  columns = 0;

  get isTTY(): boolean {
    return this.columns > 0;
  }

  write(text: string): boolean {
    this.visitor?.say("stderr", text);
    return true;
  }
}
