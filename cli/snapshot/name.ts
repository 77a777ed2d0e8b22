import { snapshotNamed } from "../../data/snapshots.ts";
import type { Arguments } from "../core/declaration.ts";

/** The argument of every subcommand about one snapshot. */
export const nameArgument = {
  name: { read: snapshotNamed, placeholder: "NAME", what: "the snapshot's name", help: "the snapshot" },
} as const satisfies Arguments;

/** Bytes for people. */
export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1 << 20 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / (1 << 20)).toFixed(1)} MiB`;
}
