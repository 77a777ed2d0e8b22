import type { PartView, StackView } from "../views.ts";
import { shortHash } from "./words.ts";

/** Something that was seen to happen to a part. */
export interface SwapNote {
  readonly part: string;
  /** What ran before. */
  readonly from: string;
  /** What runs now; undefined while it is going on. */
  readonly to?: string | undefined;
  /** The container is another one than before. */
  readonly replaced: boolean;
  /** Milliseconds since 1970, both. */
  readonly began: number;
  readonly ended?: number | undefined;
}

/** So many are remembered. */
const most = 20;

/** What a part runs, in short. */
export function versionOf({ sha256, running, image = "" }: PartView): string {
  const hash = running?.sha256 ?? sha256;
  if (hash !== undefined) return shortHash(hash);
  return image.replace(/^localhost\/nitro\//, "").replace(/([0-9a-f]{8})[0-9a-f]{4,}$/, "$1");
}

/** Nothing is going on with it: it runs, answers, and its executable was read back. */
export function isSettled({ state, health, sha256, running }: PartView): boolean {
  return state === "running" && (health === undefined || health === "healthy") && (sha256 === undefined || running !== undefined);
}

/**
 * What is known of swaps, restarts and crashes after another look at the stack.
 * @param notes as of the look before, the newest first
 * @param before undefined at the first look: what it finds has happened before
 * @param at of this look, milliseconds since 1970
 */
export function withLook(notes: readonly SwapNote[], before: StackView | undefined, now: StackView, at: number): readonly SwapNote[] {
  let known = [...notes];
  for (const part of now.parts) {
    const was = before?.parts.find(({ role }) => role === part.role);
    if (was === undefined) continue;
    const open = known.find((note) => note.part === part.role && note.ended === undefined);
    const replaced = was.id !== part.id && was.id !== "";
    const changed = replaced || (isSettled(was) && (!isSettled(part) || versionOf(was) !== versionOf(part)));
    const note = open ?? (changed ? { part: part.role, from: versionOf(was), replaced, began: at } : undefined);
    if (note === undefined) continue;
    const ended = isSettled(part) ? { to: versionOf(part), ended: at } : {};
    const next: SwapNote = { ...note, replaced: note.replaced || replaced, ...ended };
    known = open === undefined ? [next, ...known] : known.map((each) => (each === open ? next : each));
  }
  return known.slice(0, most);
}
