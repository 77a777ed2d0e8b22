import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { ifPresent, writeWhole } from "../common/files.ts";

/** The roles that run the developer's executable. */
export const liveRoles = ["service", "worker"] as const;
export type LiveRole = (typeof liveRoles)[number];

/**
 * Says which executable a container runs in place of its declared one: the file live-<role> in the folder that it sees as /nitro/bin.
 * It holds while the container's declared executable is `declared`, also after restarts; images/base/nitro-run reads it.
 */
export interface LiveOverride {
  /** SHA-256 in hex, both. */
  readonly declared: string;
  readonly live: string;
}

/** @returns undefined where the text is no override */
export function parseOverride(text: string): LiveOverride | undefined {
  const found = /^([0-9a-f]{64}) ([0-9a-f]{64})\n?$/.exec(text);
  return found?.[1] === undefined || found[2] === undefined ? undefined : { declared: found[1], live: found[2] };
}

/**
 * @param bin the stack's folder of staged executables
 * @returns undefined where there is none
 */
export async function readOverride(bin: string, role: LiveRole): Promise<LiveOverride | undefined> {
  return parseOverride((await ifPresent(readFile(overrideFile(bin, role), "utf8"))) ?? "");
}

/** Writes it all at once, readable by the containers' user under any umask. */
export async function writeOverride(bin: string, role: LiveRole, { declared, live }: LiveOverride): Promise<void> {
  await writeWhole(overrideFile(bin, role), `${declared} ${live}\n`, { mode: 0o644 });
}

export async function removeOverride(bin: string, role: LiveRole): Promise<void> {
  await rm(overrideFile(bin, role), { force: true });
}

/** An executable is declared: whatever stood in for it, or would the next time it is declared, is gone. */
export async function removeOverridesOf(bin: string, declared: string): Promise<void> {
  await Promise.all(
    liveRoles.map(async (role) => {
      if ((await readOverride(bin, role))?.declared === declared) await removeOverride(bin, role);
    }),
  );
}

/** Hashes that overrides name: they stay staged. */
export async function liveHashes(bin: string): Promise<string[]> {
  const overrides = await Promise.all(liveRoles.map((role) => readOverride(bin, role)));
  return overrides.flatMap((override) => override?.live ?? []);
}

function overrideFile(bin: string, role: LiveRole): string {
  return join(bin, `live-${role}`);
}
