import type { ContainerState } from "../../docker/engine.ts";
import type { LiveRole } from "../../executable/live-override.ts";
import type { RunningProgram } from "../../executable/probe-script.ts";

/** What a role was found running. */
export interface Found {
  readonly role: LiveRole;
  readonly state: ContainerState | "missing";
  readonly program?: RunningProgram | undefined;
  readonly answers: boolean;
}

/**
 * @param hash of the build that is waited for, whole or its first digits; undefined where there is none yet
 * @returns whether every role runs exactly that build, the same, and answers
 */
export function runsBuild(found: readonly Found[], hash: string | undefined): boolean {
  if (hash === undefined || hash === "") return false;
  const hashes = new Set(found.map(({ program, answers }) => (answers ? program?.sha256 : undefined)));
  return hashes.size === 1 && [...hashes][0]?.startsWith(hash) === true;
}

/** "service runs 0123456789ab since 2026-11-24 01:02:03Z" */
export function describeFound({ role, state, program, answers }: Found): string {
  if (program === undefined) return `${role} ${state === "running" ? "is just starting" : `does not run (${state})`}`;
  const since = `${program.since.slice(0, 19).replace("T", " ")}Z`;
  return `${role} runs ${program.sha256.slice(0, 12)} since ${since}${answers ? "" : ", does not answer"}`;
}
