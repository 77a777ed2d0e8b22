import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { UserError } from "../common/errors.ts";
import { ifPresentSync, writeWhole } from "../common/files.ts";
import { nitroHome } from "../toolchain/home.ts";
import { ownerId } from "../toolchain/owner.ts";

/** A stack, and the clone of this project that a command runs in. */
export interface StackOfClone {
  readonly stack: string;
  /** The project's folder. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Clones share a backend, and so the names of stacks; settings and executables each has its own. Which clone brought a stack up last: */
function noteOf({ stack, env }: Omit<StackOfClone, "root">): string {
  return join(nitroHome(env), "clones", `${ownerId(env)}-${stack}`);
}

/** @returns the folder of the other clone that a stack was brought up from, where that one is still there */
export function otherClone(of: StackOfClone): string | undefined {
  const noted = ifPresentSync(() => readFileSync(noteOf(of), "utf8").trim());
  return noted === undefined || noted === of.root || !existsSync(join(noted, "Pulumi.yaml")) ? undefined : noted;
}

/** From now on the stack is this clone's. */
export async function noteClone(of: StackOfClone): Promise<void> {
  const file = noteOf(of);
  if (ifPresentSync(() => readFileSync(file, "utf8")) === `${of.root}\n`) return;
  mkdirSync(dirname(file), { recursive: true });
  await writeWhole(file, `${of.root}\n`);
}

/**
 * Lets a stack change hands where it is not up, and notes whose it is.
 * @throws UserError where another clone's is up
 */
export async function keepToClone(of: StackOfClone, isUp: boolean): Promise<void> {
  const other = isUp ? otherClone(of) : undefined;
  if (other !== undefined)
    throw new UserError(`stack "${of.stack}" was brought up from ${other}, and this is ${of.root}; ${takeOverHint(of.stack)}`);
  await noteClone(of);
}

/** The stack is gone. */
export function forgetClone(of: Omit<StackOfClone, "root">): void {
  rmSync(noteOf(of), { force: true });
}

/** The options that let one clone have the stack of another. */
export function takeOverHint(stack: string): string {
  return `if that is meant: ./nitro up -s ${stack} --take-over; else use another stack name: -s <name>`;
}
