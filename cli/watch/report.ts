import { styleText } from "node:util";
import { errorMessage, UserError } from "../../common/errors.ts";
import { heartbeatMs, type Progress, seconds } from "../../common/progress.ts";
import type { SealState } from "../../executable/sealing.ts";
import { sealing } from "../status.ts";
import type { SwapKind } from "./swapper.ts";

/** One swap, from the change to the proof. */
export interface SwapReport extends SealState {
  /** Of the executable that service and worker run. */
  readonly sha256: string;
  readonly kind: SwapKind;
  /** Undefined where somebody else built it. */
  readonly builtMs: number | undefined;
  /** From the complete file to the proof that both run it and answer. */
  readonly swappedMs: number;
}

/** What a watch tells, for people, or as one JSON object a line. Absent values are left out. */
export type WatchEvent =
  | { readonly event: "ready"; readonly stack: string; readonly executable: string }
  | { readonly event: "building" | "armed" | "superseded" }
  | { readonly event: "note"; readonly text: string }
  | { readonly event: "unchanged"; readonly sha256: string; readonly builtMs: number | undefined }
  | ({ readonly event: "swapped" } & SwapReport)
  | { readonly event: "build-failed" | "failed" | "crashed"; readonly error: string; readonly hint: string | undefined };

/** Tells what a watch does. */
export class WatchReport {
  private readonly output: Pick<NodeJS.WriteStream, "write">;
  private readonly progress: Progress;
  private readonly json: boolean;
  private beat: NodeJS.Timeout | undefined;
  private told = false;

  constructor(output: Pick<NodeJS.WriteStream, "write">, progress: Progress, json: boolean) {
    this.output = output;
    this.progress = progress;
    this.json = json;
  }

  tell(event: WatchEvent): void {
    this.progress.status(undefined);
    clearInterval(this.beat);
    if (this.json) {
      this.output.write(`${JSON.stringify(event)}\n`);
      return;
    }
    const text = describeEvent(event);
    if (text === undefined) return;
    if (event.event === "building") this.building(text);
    else if (event.event === "superseded") this.progress.status(text);
    else if (event.event === "swapped" || event.event === "unchanged") this.output.write(`${text}\n`);
    else this.progress.line(text);
  }

  /** Without a terminal the first build is told, since nothing was before; and each one, every ten seconds, as long as it goes on. */
  private building(text: string): void {
    this.progress.status(text);
    if (this.progress.live) return;
    if (!this.told) this.progress.line(text);
    this.told = true;
    const began = Date.now();
    this.beat = setInterval(() => this.progress.line(`  ${text} ${seconds(Date.now() - began)}`), heartbeatMs);
    this.beat.unref();
  }

  /** What went wrong; the watch goes on. */
  failed(event: "build-failed" | "failed" | "crashed", error: unknown): void {
    this.tell({ event, error: errorMessage(error), hint: error instanceof UserError ? error.hint : undefined });
  }
}

/** @returns an event for people; undefined where it says nothing to them */
export function describeEvent(event: WatchEvent): string | undefined {
  switch (event.event) {
    case "ready":
      return `watching ${event.executable} for stack "${event.stack}", Ctrl-C ends`;
    case "building":
      return "building";
    case "superseded":
      return "a newer build waits";
    case "armed":
      return undefined;
    case "note":
      return event.text;
    case "unchanged":
      return [...built(event.builtMs), `unchanged, ${event.sha256.slice(0, 12)} runs already`].join(" · ");
    case "swapped": {
      const how = event.kind === "live" ? "swapped live" : "swapped";
      return [...built(event.builtMs), `${how} ${seconds(event.swappedMs)}`, "healthy", sealing(event), event.sha256.slice(0, 12)].join(
        " · ",
      );
    }
    default: {
      const hint = event.hint === undefined ? "" : `\n  ${event.hint}`;
      return `${styleText("red", event.event === "build-failed" ? "build:" : "error:", { stream: process.stderr })} ${event.error}${hint}`;
    }
  }
}

function built(ms: number | undefined): string[] {
  return ms === undefined ? [] : [`built ${seconds(ms)}`];
}
