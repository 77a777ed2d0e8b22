import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { Socket } from "node:net";
import { Duplex } from "node:stream";

/** The most of a program's complaints that an error quotes, in characters. */
const quotedChars = 1000;

/**
 * A program's standard input and output as one stream. It ends well only where the program does: exit code 0; else it is destroyed with an
 * error. Destroying it ends the program.
 */
export class ProgramStream extends Duplex {
  private readonly child: ChildProcessWithoutNullStreams;
  private complaint = "";

  /** @param failure makes the error from what happened, such as "ended with exit code 255: …" */
  constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv, failure: (what: string) => Error) {
    super();
    const child = spawn(program, args, { env, stdio: ["pipe", "pipe", "pipe"] });
    this.child = child;
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.complaint = (this.complaint + text).slice(-quotedChars);
    });
    // A program that ends early breaks the pipe first and says why a moment later.
    child.stdin.on("error", () => undefined);
    child.stdout.on("data", (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.on("error", (error) => this.destroy(failure(`cannot be started: ${error.message}`)));
    child.on("close", (code, signal) => {
      if (code === 0 || this.destroyed) this.push(null);
      else this.destroy(failure(`ended with ${signal ?? `exit code ${code}`}: ${this.complaint.trim()}`));
    });
  }

  /** @param needed whether this process goes on for as long as the program does */
  protected hold(needed: boolean): void {
    const { stdin, stdout, stderr } = this.child;
    const pipes = [stdin, stdout, stderr].filter((pipe) => pipe instanceof Socket);
    for (const each of [this.child, ...pipes]) {
      if (needed) each.ref();
      else each.unref();
    }
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.child.stdin.write(chunk, () => done());
  }

  override _final(done: () => void): void {
    this.child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }
}
