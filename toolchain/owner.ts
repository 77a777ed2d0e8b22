import { createHash, randomBytes } from "node:crypto";
import { join } from "node:path";
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
  const secret = url.startsWith("file:") ? machineId(env) : "";
  return createHash("sha256").update(`${secret} ${url}`).digest("hex").slice(0, 16);
}

function machineId(env: NodeJS.ProcessEnv): string {
  return readOrCreate(join(nitroHome(env), "owner"), () => randomBytes(16).toString("hex"));
}
