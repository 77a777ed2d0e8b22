import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Context } from "../common/context.ts";
import { InterruptedError, UserError } from "../common/errors.ts";
import { stoppedBefore } from "../common/stopping.ts";
import { trace } from "../common/trace.ts";
import { settingsPath } from "../model/settings-file.ts";
import { namedEngine } from "../model/stack-engine.ts";
import type { ProgramOptions } from "../stacks/program.ts";
import { pulumiEnvironment } from "../toolchain/environment.ts";
import type { Deployment } from "./adopt-state.ts";
import { type EngineEvent, eventName, type Outcome, outcomeOf } from "./events.ts";
import { backendHint, failure, tidy } from "./failure.ts";
import { InlineHost, type Program } from "./inline-host.ts";
import {
  allStale,
  backendFolder,
  clearedLine,
  clearStaleLocks,
  HeldError,
  killLeftovers,
  type Lock,
  livingLock,
  locksNamed,
  updateVariable,
} from "./lock.ts";
import { type PulumiResult, runPulumi } from "./process.ts";
import { mendAttributes, parseState, readStateFile, removeBackups, type StackState } from "./state.ts";
import { asksAnother, withEngine } from "./state-engine.ts";

export interface UpdateOptions {
  /** URNs; everything by default. */
  readonly targets?: readonly string[];
  /** Compare the state with the engine first: costs seconds, needed only when something went away. */
  readonly refresh?: boolean;
  readonly onEvent?: (event: EngineEvent) => void;
  /** For the program, which runs in this process. */
  readonly program?: ProgramOptions;
  /** URL of another backend than the environment's, for this update alone. */
  readonly backend?: string;
  /** Gets pulumi's process id. */
  readonly onStart?: (pid: number) => void;
}

/** An update that did not end well, with what it had done until then. */
export class UpdateError extends UserError {
  readonly outcome: Outcome;

  constructor(cause: UserError, outcome: Outcome) {
    super(cause.message, cause.hint);
    this.name = "UpdateError";
    this.outcome = outcome;
  }
}

/** One Pulumi stack of this project: the only place that runs pulumi. */
export class Stack {
  readonly name: string;
  /** Its settings file, Pulumi.<stack>.yaml. */
  readonly settingsPath: string;
  private readonly context: Context;
  private readonly env: Record<string, string>;

  constructor(name: string, context: Context) {
    this.name = name;
    this.context = context;
    this.settingsPath = settingsPath(context.root, name);
    this.env = { ...environment(context), [updateVariable]: name };
  }

  /** What pulumi's state holds; undefined where the stack does not exist. */
  async state(): Promise<StackState | undefined> {
    const folder = this.backend();
    if (folder !== undefined) return readStateFile(folder, this.name);
    const result = await this.pulumi(["stack", "export"]);
    if (result.exitCode === 0) return parseState(result.output);
    if (/no stack named/.test(result.errors)) return undefined;
    throw failure(this.name, outcomeOf([]), result, this.env);
  }

  /** Makes the stack; it must not exist. @throws HeldError where another command was faster */
  async create(): Promise<void> {
    const result = await this.pulumi(["stack", "init", this.name, "--no-select"], {}, false);
    if (result.exitCode === 0) return;
    if (/stack '[^']*' already exists/.test(result.errors)) {
      await this.clearLocks();
      throw new HeldError(`stack "${this.name}" is being made by another command`, `wait for it, then: ./nitro up -s ${this.name}`);
    }
    throw this.context.signal.aborted ? stopped(this.name) : failure(this.name, outcomeOf([]), result, this.env);
  }

  /**
   * Clears the locks of dead processes of this host, and mends what they left half-written.
   * @throws UserError naming the holder of a living lock
   */
  async clearLocks(): Promise<Lock[]> {
    const folder = this.backend();
    if (folder === undefined) return [];
    const cleared = await clearStaleLocks(folder, this.name);
    await mendAttributes(folder, this.name);
    return cleared;
  }

  /** Who changes it now; undefined where nobody does, or the backend is no folder. */
  async holder(): Promise<Lock | undefined> {
    const folder = this.backend();
    return folder === undefined ? undefined : await livingLock(folder, this.name);
  }

  /**
   * Makes sure that nobody is changing the stack where its locks are in no folder: only what wants one, such as a refresh, is told of them.
   * @throws HeldError naming the holder
   */
  async mustBeFree(): Promise<void> {
    if (this.backend() === undefined) await this.refresh();
  }

  /**
   * Brings the stack to what the program says.
   * @throws UpdateError with the culprit; InterruptedError after a clean stop
   */
  async update(options: UpdateOptions = {}): Promise<Outcome> {
    const targets = (options.targets ?? []).flatMap((urn) => ["--target", urn]);
    if (options.refresh === true) await this.followEngine();
    const host = await InlineHost.start(() => loadProgram(this.context, options.program));
    try {
      const args = ["up", "--skip-preview", ...(options.refresh === true ? ["--refresh"] : []), ...targets, "--client", host.address];
      const onStart = (pid: number) => {
        host.load();
        options.onStart?.(pid);
      };
      const env = options.backend === undefined ? this.env : { ...this.env, PULUMI_BACKEND_URL: options.backend };
      return await this.operate(args, { onEvent: options.onEvent, onStart }, env);
    } finally {
      host.close();
    }
  }

  /** The folder of Pulumi.yaml, and what a pulumi process of this stack needs. */
  get surroundings(): { readonly cwd: string; readonly env: Readonly<Record<string, string>> } {
    return { cwd: this.context.root, env: this.env };
  }

  /** Forgets creations that an interruption left half-way, and compares the state with the engine. */
  async refresh(onEvent?: (event: EngineEvent) => void): Promise<Outcome> {
    await this.followEngine();
    return this.operate(["refresh", "--skip-preview", "--yes", "--clear-pending-creates"], { onEvent });
  }

  /** @param targets URNs; everything by default */
  async destroy(onEvent?: (event: EngineEvent) => void, targets: readonly string[] = []): Promise<Outcome> {
    await this.followEngine();
    return this.operate(["destroy", "--skip-preview", "--yes", ...targets.flatMap((urn) => ["--target", urn])], { onEvent });
  }

  /** Settings may name another engine than at the last update, such as another manager of the same swarm. */
  private async followEngine(): Promise<void> {
    const state = await this.state();
    const named = await namedEngine(this.context.root, this.name);
    if (state !== undefined && asksAnother(state, named)) await this.importState(withEngine(await this.exportState(), named));
  }

  /** Its whole state, secrets encrypted. */
  async exportState(): Promise<Deployment> {
    return JSON.parse((await this.mustPulumi(["stack", "export"])).output) as Deployment;
  }

  /** Puts a state in place of its own. Secrets in plain text are encrypted; until then they are in a file that nobody else may read. */
  async importState(state: Deployment): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "nitro-state-"));
    try {
      const file = join(folder, "state.json");
      await writeFile(file, JSON.stringify(state), { mode: 0o600 });
      await this.mustPulumi(["stack", "import", "--file", file]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Its settings as pulumi reads them, secrets in plain text. */
  async config(): Promise<Record<string, { readonly value: string; readonly secret: boolean }>> {
    return JSON.parse((await this.mustPulumi(["config", "--json", "--show-secrets"])).output) as Record<
      string,
      { readonly value: string; readonly secret: boolean }
    >;
  }

  /** Removes the stack itself, not its settings; it must have been destroyed. In a folder nothing of it stays. */
  async remove(): Promise<void> {
    await this.mustPulumi(["stack", "rm", "--yes", "--force", "--preserve-config"]);
    const folder = this.backend();
    if (folder !== undefined) await removeBackups(folder, this.name);
  }

  /** The stack's outputs. @param secrets in plain text, else as "[secret]" */
  async outputs(secrets: boolean): Promise<Record<string, unknown>> {
    const result = await this.mustPulumi(["stack", "output", "--json", ...(secrets ? ["--show-secrets"] : [])]);
    return JSON.parse(result.output) as Record<string, unknown>;
  }

  /** The folder of a `file://` backend; undefined for others. */
  backend(): string | undefined {
    return backendFolder(this.env.PULUMI_BACKEND_URL, this.context.root, homedir());
  }

  private async operate(args: string[], listeners: Listeners, env = this.env): Promise<Outcome> {
    const events: EngineEvent[] = [];
    const onEvent = (event: EngineEvent) => {
      events.push(event);
      if (event.diagnosticEvent === undefined) trace(this.env, eventName(event));
      listeners.onEvent?.(event);
    };
    const result = await this.pulumi([...args, "--json"], { ...listeners, onEvent }, true, env);
    const outcome = outcomeOf(events);
    if (result.exitCode === 0) return outcome;
    if (this.context.signal.aborted) throw outcome.touched ? stopped(this.name) : stoppedBefore(this.name);
    throw new UpdateError(failure(this.name, outcome, result, env), outcome);
  }

  private async mustPulumi(args: string[], select = true): Promise<PulumiResult> {
    const result = await this.pulumi(args, {}, select);
    if (result.exitCode === 0) return result;
    throw this.context.signal.aborted ? stopped(this.name) : failure(this.name, outcomeOf([]), result, this.env);
  }

  private async pulumi(args: string[], listeners: Listeners = {}, select = true, env = this.env): Promise<PulumiResult> {
    if (this.context.signal.aborted) throw stopped(this.name);
    const all = [...args, ...(select ? ["--stack", this.name] : [])];
    const result = await callPulumi(this.context, env, all, listeners);
    if (result.exitCode === 0 || !(await this.clearNamedLocks(result))) return result;
    return callPulumi(this.context, env, all, listeners);
  }

  /**
   * A backend that is no folder tells of locks only to who wants one: those of dead processes of this host are cleared then. While they are there
   * nobody else gets one.
   * @returns true where the call can be made again
   */
  private async clearNamedLocks({ errors }: PulumiResult): Promise<boolean> {
    const locks = locksNamed(errors);
    if (this.backend() !== undefined || !allStale(locks)) return false;
    const cancelled = await callPulumi(this.context, this.env, ["cancel", "--yes", this.name]);
    if (cancelled.exitCode !== 0) return false;
    for (const lock of locks) {
      killLeftovers(this.name, lock);
      this.context.stderr.write(`${clearedLine(lock)}\n`);
    }
    return true;
  }
}

function stopped(stack: string): InterruptedError {
  return new InterruptedError(`stopped cleanly: stack "${stack}" is as far as the lines above say`);
}

/** A stack as the backend lists it. */
export interface ListedStack {
  readonly name: string;
  /** ISO 8601; undefined before the first update. */
  readonly lastUpdate?: string;
  readonly updateInProgress?: boolean;
  readonly resourceCount?: number;
}

/** All stacks of this project in the backend. */
export async function listStacks(context: Context): Promise<ListedStack[]> {
  const result = await callPulumi(context, environment(context), ["stack", "ls", "--json"]);
  if (result.exitCode !== 0) throw new UserError(tidy(result.errors), backendHint(result.errors));
  return JSON.parse(result.output) as ListedStack[];
}

/** Who wants to know how a call of pulumi goes on. */
interface Listeners {
  readonly onStart?: ((pid: number) => void) | undefined;
  readonly onEvent?: ((event: EngineEvent) => void) | undefined;
}

async function callPulumi(context: Context, env: Record<string, string>, args: string[], listeners: Listeners = {}): Promise<PulumiResult> {
  const { root: cwd, signal, kill, stderr } = context;
  const debug = env.NITRO_DEBUG === "1";
  trace(env, `pulumi ${args[0] ?? ""}`);
  if (debug) stderr.write(`$ pulumi ${args.join(" ")}\n`);
  const result = await runPulumi({ ...listeners, args: [...args, "--non-interactive", "--color", "never"], env, cwd, signal, kill });
  trace(env, "pulumi ended");
  if (debug) stderr.write(`${result.output}\n${result.errors}\n`);
  return result;
}

/**
 * Pulumi and its plugins live for seconds: they let garbage be until it is four times what is in use (https://go.dev/doc/gc-guide, GOGC), which
 * makes a cold swap some 5 % faster for 10 MiB more. A user's own setting wins.
 */
const pulumiGarbagePercent = "400";

function environment(context: Context): Record<string, string> {
  const given = Object.entries(context.env).flatMap(([key, value]): [string, string][] => (value === undefined ? [] : [[key, value]]));
  return { GOGC: pulumiGarbagePercent, ...Object.fromEntries(given), ...pulumiEnvironment(context.env) };
}

/**
 * What an update runs, in this process. Pulumi's SDK takes a stack trace for every promise it makes: a quarter of a program's whole time,
 * for traces that nobody sees. With NITRO_DEBUG=1 they stay.
 */
export async function loadProgram({ root, env }: Context, options?: ProgramOptions): Promise<Program> {
  if (env.NITRO_DEBUG !== "1") Error.stackTraceLimit = 0;
  const { declareStack } = await import("../stacks/program.ts");
  trace(env, "program loaded");
  return async () => {
    trace(env, "program runs");
    options?.onRun?.();
    return { ...(await declareStack(root, options)) };
  };
}
