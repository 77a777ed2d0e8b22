import type { PartView, StackView } from "../views.ts";
import { isSettled, type SwapNote, versionOf } from "./swap-notes.ts";
import { shortHash } from "./words.ts";

/** What a part does, in a few words. */
export function healthWord({ state, health, exitCode, restarts }: PartView): string {
  const again = restarts > 0 ? `, ${restarts} restart${restarts === 1 ? "" : "s"}` : "";
  if (state === "running") return `${health ?? "running"}${again}`;
  return `${state}${exitCode === undefined || state === "missing" ? "" : ` (${exitCode})`}${again}`;
}

/** "good", "middling" or "bad". */
export function healthClass(part: PartView): string {
  if (isSettled(part)) return "good";
  return part.state === "running" && part.health !== "unhealthy" ? "middling" : "bad";
}

/** What it runs in place of what is declared; undefined where it is as declared. */
export function driftWord({ sha256, running, live }: PartView): string | undefined {
  if (sha256 === undefined || running === undefined || running.sha256 === sha256) return undefined;
  return `${live === running.sha256 ? "live; " : ""}declared is ${shortHash(sha256)}`;
}

/** The notes of what somebody changes now: an update goes on, or the part has a new container. What ended by itself is only dead. */
export function changing(notes: readonly SwapNote[], { parts, update }: StackView): readonly SwapNote[] {
  return notes.filter(({ part: role, ended, replaced }) => {
    const part = parts.find((each) => each.role === role);
    if (ended !== undefined || part === undefined) return false;
    return update !== undefined || (replaced && (part.state === "created" || healthClass(part) !== "bad"));
  });
}

/** Why not everything runs, where nobody is changing it: such as "worker exited (137)". */
export function troubles(stack: StackView, notes: readonly SwapNote[]): readonly string[] {
  if (!stack.exists && stack.update === undefined) return [`there is no stack ${stack.stack}: ./nitro up -s ${stack.stack}`];
  const going = new Set(changing(notes, stack).map(({ part }) => part));
  const bad = stack.parts.filter((part) => healthClass(part) === "bad" && !going.has(part.role));
  return bad.map((part) => `${part.role} ${healthWord(part)}`);
}

/** What was seen to happen to a part. @param part as it is now; undefined where it is not there any more */
export function noteText({ from, to, replaced }: SwapNote, going: boolean, part: PartView | undefined): string {
  if (to === undefined) return going ? `${from} → …` : `${from} ${part === undefined ? "missing" : healthWord(part)}`;
  return to === from ? `${from} ${replaced ? "in another container" : "anew"}` : `${from} → ${to}`;
}

/** Characters that a part's box in the picture has room for, in its monospaced letters. */
const roomFor = 22;

/** What a part's box says of its version. @param note what happens to it, or has just happened */
export function boxVersion(part: PartView, note?: SwapNote): string {
  if (note !== undefined && note.to !== note.from) return `${brief(note.from)} → ${note.to === undefined ? "…" : brief(note.to)}`;
  const version = versionOf(part);
  return version.length > roomFor ? `${version.slice(0, roomFor - 1)}…` : version;
}

/** What tells a version from another one of the same part: of an image its tag. */
function brief(version: string): string {
  return (version.split(":").at(-1) ?? "").slice(0, 8);
}
