import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ifPresentSync, writeWhole } from "../common/files.ts";
import { nitroHome, readOrCreate } from "./home.ts";

/** Pulumi's state, unless the user's PULUMI_BACKEND_URL says otherwise. */
export function backendUrl(env: NodeJS.ProcessEnv = process.env): string {
  return env.PULUMI_BACKEND_URL || `file://${join(nitroHome(env), "backend")}`;
}

/**
 * Tells whose a container is: two backends know nothing of each other's stacks, though they may share an engine and stack names.
 * Backends in files are private to a machine, so a random number of this machine is part of their id; a shared backend has the
 * same id on every machine.
 * @returns 16 hexadecimal digits, always the same for one backend URL
 */
export function ownerId(env: NodeJS.ProcessEnv = process.env): string {
  const url = backendUrl(env);
  const kept = ifPresentSync(() => readFileSync(keptIdFile(env), "utf8").trim());
  if (kept !== undefined) return kept;
  const secret = isPrivate(env) ? machineId(env) : "";
  return createHash("sha256").update(`${secret} ${url}`).digest("hex").slice(0, 16);
}

/** A backend in files belongs to this machine. */
export function isPrivate(env: NodeJS.ProcessEnv): boolean {
  return backendUrl(env).startsWith("file:");
}

/** From now on this backend has the id that is on the labels of stacks whose own backend is lost. */
export async function keepOwnerId(env: NodeJS.ProcessEnv, id: string): Promise<void> {
  const file = keptIdFile(env);
  await mkdir(dirname(file), { recursive: true });
  await writeWhole(file, `${id}\n`);
}

function keptIdFile(env: NodeJS.ProcessEnv): string {
  return join(nitroHome(env), "owners", createHash("sha256").update(backendUrl(env)).digest("hex").slice(0, 16));
}

function machineId(env: NodeJS.ProcessEnv): string {
  return readOrCreate(join(nitroHome(env), "owner"), () => randomBytes(16).toString("hex"));
}
