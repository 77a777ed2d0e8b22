import { join } from "node:path";
import type { Context } from "../common/context.ts";
import type { LiveRole } from "../executable/live-override.ts";
import type { LoadedExecutable } from "../executable/staging.ts";
import { type Runtime, swapTargets } from "../model/urns.ts";
import type { KnownInputs } from "../stacks/prepare.ts";
import { ArmedBackend } from "./armed-backend.ts";
import type { EngineEvent, Outcome } from "./events.ts";
import { Stack } from "./stack.ts";
import { runtimeOf } from "./state.ts";

/**
 * An update of some resources that has everything behind it but the executable: pulumi and its plugins run, the program has declared all that
 * does not depend on it and waits. Until it is fired it holds no lock of the stack and changes nothing.
 */
export class ArmedUpdate {
  /** True once it can be fired; false where it cannot: the stack was changed meanwhile, or the program has failed. */
  readonly ready: Promise<boolean>;
  /** Resolves once its pulumi is there, or never will be. */
  readonly started: Promise<void>;
  /** Resolves once its pulumi has read the copy of the state and runs the program, or never will. */
  readonly running: Promise<void>;
  private readonly backend: ArmedBackend;
  private readonly executable = Promise.withResolvers<LoadedExecutable>();
  private readonly stop = new AbortController();
  private readonly off = new AbortController();
  private readonly superseded = new AbortController();
  private readonly ended: Promise<Outcome>;
  private pid = 0;
  private over = false;
  private onEvent: ((event: EngineEvent) => void) | undefined;

  private constructor(
    backend: ArmedBackend,
    name: string,
    roles: readonly LiveRole[],
    runtime: Runtime,
    context: Context,
    found: Promise<KnownInputs> | undefined,
  ) {
    this.backend = backend;
    const stack = new Stack(name, { ...context, signal: this.stop.signal, kill: AbortSignal.any([context.kill, this.off.signal]) });
    const neighbours = Promise.withResolvers<boolean>();
    const started = Promise.withResolvers<void>();
    this.started = started.promise;
    const running = Promise.withResolvers<void>();
    this.running = running.promise;
    this.ended = stack.update({
      targets: swapTargets(name, roles, runtime),
      backend: backend.url,
      program: {
        executable: this.executable.promise,
        targeted: true,
        onRun: running.resolve,
        ...(found && { knownMeanwhile: found }),
        stopEarly: roles,
        superseded: this.superseded.signal,
        onOthersReady: () => neighbours.resolve(true),
      },
      onStart: (pid) => {
        this.pid = pid;
        started.resolve();
      },
      onEvent: (event) => this.onEvent?.(event),
    });
    const done = () => {
      this.over = true;
      started.resolve();
      running.resolve();
      neighbours.resolve(false);
    };
    this.ended.then(done, done);
    this.ready = neighbours.promise;
  }

  /**
   * @param name of the stack
   * @param roles whose containers are to be replaced
   * @param found what the program need not find out itself
   * @returns undefined where this is not possible: the backend is no folder, the stack is not there, or somebody is changing it
   */
  static async arm(
    name: string,
    roles: readonly LiveRole[],
    context: Context,
    found?: Promise<KnownInputs>,
  ): Promise<ArmedUpdate | undefined> {
    const stack = new Stack(name, context);
    const real = stack.backend();
    if (real === undefined) return undefined;
    const settings = [stack.settingsPath, join(context.root, "Pulumi.yaml")];
    const backend = await ArmedBackend.copy(real, join(context.root, ".nitro", name, "armed"), name, settings);
    const state = await stack.state();
    return backend && new ArmedUpdate(backend, name, roles, state === undefined ? "container" : runtimeOf(state), context, found);
  }

  /** False where it has ended, or the stack is not any more what it was armed for. */
  async isUsable(): Promise<boolean> {
    return !this.over && (await this.backend.isUnchanged());
  }

  /**
   * Goes on with an executable. To be called once, when it is `running`: before, its pulumi would read the state while the
   * copy gives way to the real one. What keeps it from being `ready` afterwards is its failure.
   * @param stop aborted: pulumi is asked to stop cleanly
   * @returns the outcome; undefined where it could not be used, and nothing has happened
   * @throws UpdateError as Stack.update does
   */
  async fire(executable: LoadedExecutable, stop: AbortSignal, onEvent: (event: EngineEvent) => void): Promise<Outcome | undefined> {
    if (this.over || stop.aborted || !(await this.backend.join(this.pid))) {
      await this.disarm();
      return undefined;
    }
    const onStop = () => this.stop.abort();
    stop.addEventListener("abort", onStop);
    this.onEvent = onEvent;
    this.executable.resolve(executable);
    try {
      return await this.ended;
    } finally {
      stop.removeEventListener("abort", onStop);
      await this.backend.remove();
    }
  }

  /** A newer executable waits: what was fired ends as soon as the containers run, without waiting for their answers. */
  supersede(): void {
    this.superseded.abort();
  }

  /** Gives up what was not fired. */
  async disarm(): Promise<void> {
    this.off.abort();
    await this.ended.catch(() => {});
    await this.backend.remove();
  }
}
