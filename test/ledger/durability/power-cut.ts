import { AsyncLocalStorage } from "node:async_hooks";
import fs from "node:fs";
import type { FileHandle } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";

/** How far a program may go. */
interface Run {
  /** Changes of the disk that it may still make. */
  left: number;
  readonly opened: FileHandle[];
  readonly cut: () => void;
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** What changes the disk: each is one step. */
const functions = ["open", "mkdir", "rename", "rm", "rmdir"] as const;
const methods = ["write", "writeFile", "truncate", "sync", "datasync"] as const;

/**
 * Runs programs up to one of the steps in which they change the disk, as a kill at this step would leave it: the step and everything after
 * it never happens, of a write its first half does. The functions of Node that do these steps are replaced while `during` runs.
 */
export class PowerCut {
  private readonly runs = new AsyncLocalStorage<Run>();

  /** @returns whether the work came to that step (from 1) */
  async at(step: number, work: () => Promise<void>): Promise<boolean> {
    const cut = Promise.withResolvers<boolean>();
    const run: Run = { left: step - 1, opened: [], cut: () => cut.resolve(true) };
    const isCut = await Promise.race([this.runs.run(run, work).then(() => false), cut.promise]);
    if (isCut) await Promise.all(run.opened.map((each) => each.close().catch(() => undefined)));
    return isCut;
  }

  async during<T>(work: () => Promise<T>): Promise<T> {
    const probe = await fs.promises.open(tmpdir(), "r");
    const prototype = Object.getPrototypeOf(probe) as Record<string, Method>;
    await probe.close();
    const target = fs.promises as unknown as Record<string, Method>;
    const undo = [
      ...functions.map((name) => this.replace(target, name, name === "open")),
      ...methods.map((name) => this.replace(prototype, name, false)),
      this.replaceSync(),
    ];
    syncBuiltinESMExports();
    try {
      return await work();
    } finally {
      for (const each of undo) each();
      syncBuiltinESMExports();
    }
  }

  private replace(target: Record<string, Method>, name: string, opens: boolean): () => void {
    const { runs } = this;
    const original = target[name];
    if (original === undefined) throw new Error(`there is no ${name}`);
    target[name] = async function (this: unknown, ...args: unknown[]): Promise<unknown> {
      const run = runs.getStore();
      const reads = name === "open" && (args[1] === undefined || args[1] === "r");
      if (run !== undefined && !reads && run.left-- <= 0) {
        const [bytes] = args;
        if (name.startsWith("write") && run.left === -1 && (Buffer.isBuffer(bytes) || typeof bytes === "string"))
          await original.call(this, Buffer.from(bytes).subarray(0, bytes.length >> 1));
        run.cut();
        return await new Promise(() => undefined);
      }
      const result = await original.apply(this, args);
      if (opens) run?.opened.push(result as FileHandle);
      if (opens && run !== undefined && run.left < 0) await (result as FileHandle).close();
      return result;
    };
    return () => {
      target[name] = original;
    };
  }

  /** The journal's own sync, which has a callback. */
  private replaceSync(): () => void {
    const { fdatasync } = fs;
    const replaced = (descriptor: number, callback: fs.NoParamCallback): void => {
      const run = this.runs.getStore();
      if (run !== undefined && run.left-- <= 0) run.cut();
      else fdatasync(descriptor, callback);
    };
    fs.fdatasync = replaced as typeof fs.fdatasync;
    return () => {
      fs.fdatasync = fdatasync;
    };
  }
}
