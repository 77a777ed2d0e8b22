import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { EngineEvent } from "../../automation/events.ts";
import { showUpdate } from "../../automation/update-progress.ts";
import { Progress, seconds } from "../../common/progress.ts";

const type = "docker:index/container:Container";
const urn = `urn:pulumi:alice::nitro::${type}::redis-container`;
const state = { type, urn, custom: true, id: "1", parent: "", inputs: { name: "nitro-alice-redis" }, outputs: {}, provider: "" };
const metadata = { op: "create" as const, urn, type, provider: "", new: state };
const started: EngineEvent = { sequence: 1, timestamp: 0, resourcePreEvent: { metadata } };
const finished: EngineEvent = { sequence: 2, timestamp: 0, resOutputsEvent: { metadata } };
const failed: EngineEvent = { sequence: 3, timestamp: 0, resOpFailedEvent: { metadata, status: 0, steps: 0 } };

/** What a terminal shows after all that was written: `ESC[nA ESC[0J` goes up n lines and clears below. */
function screen(written: string): string[] {
  const lines = [""];
  for (const part of written.replaceAll("\x1b", "⎋").split(/(⎋\[\d+A⎋\[0J|\n)/)) {
    const up = /^⎋\[(\d+)A/.exec(part)?.[1];
    if (up !== undefined) lines.splice(lines.length - 1 - Number(up), lines.length, "");
    else if (part === "\n") lines.push("");
    else lines.push((lines.pop() ?? "") + part);
  }
  return lines.filter((line) => line !== "");
}

describe("Progress", () => {
  let written: string;
  let now: number;
  const output = (isTTY: boolean) => ({
    isTTY,
    columns: 60,
    write: (text: string | Uint8Array) => {
      written += String(text);
      return true;
    },
  });
  beforeEach(() => {
    vi.useFakeTimers();
    written = "";
    now = 0;
  });
  afterEach(() => vi.useRealTimers());

  it("writes one line for each finished step where there is no terminal", () => {
    const progress = new Progress(output(false), () => now);
    progress.start("checking");
    showUpdate(progress)(started);
    now = 1500;
    showUpdate(progress)(finished);
    showUpdate(progress)(started);
    showUpdate(progress)(failed);
    progress.stop();
    expect(written).toBe("✓ container nitro-alice-redis created 1.5s\n✗ container nitro-alice-redis creating failed 0.0s\n");
  });

  it("shows on a terminal what runs now, and leaves only what has finished", () => {
    const progress = new Progress(output(true), () => now);
    progress.start("checking", "waiting");
    expect(screen(written)).toEqual(["· checking 0.0s"]);
    showUpdate(progress)(started);
    now = 1000;
    vi.advanceTimersByTime(100);
    expect(screen(written)).toEqual(["· container nitro-alice-redis creating 1.0s"]);
    showUpdate(progress)(finished);
    expect(screen(written)[1]).toBe("· waiting 0.0s");
    progress.line("a line that stays");
    progress.stop();
    expect(screen(written).map((line) => line.replace(/⎋\[\d+m/g, ""))).toEqual([
      "✓ container nitro-alice-redis created 1.0s",
      "a line that stays",
    ]);
  });

  it("writes nothing anew on a terminal that knows no codes", () => {
    const progress = new Progress(output(true), () => now, { TERM: "dumb" });
    progress.start("checking");
    progress.status("a line that is replaced");
    showUpdate(progress)(started);
    vi.advanceTimersByTime(1000);
    showUpdate(progress)(finished);
    progress.stop();
    expect(written).toBe("✓ container nitro-alice-redis created 0.0s\n");
  });

  it("has no colours on a terminal that is to have none", () => {
    const finish = (hasColors: boolean) => {
      written = "";
      const progress = new Progress({ ...output(true), hasColors: () => hasColors }, () => now);
      showUpdate(progress)(started);
      showUpdate(progress)(finished);
      return written;
    };
    expect(finish(false)).toBe("✓ container nitro-alice-redis created 0.0s\n");
    expect(finish(true)).toContain("\x1b[32m✓");
  });

  it("cuts live lines to the terminal's width, so that they can be erased", () => {
    const progress = new Progress(output(true), () => now);
    progress.status("x".repeat(200));
    expect(screen(written)[0]).toHaveLength(59);
    progress.status(undefined);
    expect(screen(written)).toEqual([]);
  });
});

describe("seconds", () => {
  it.each([
    [40, "0.0s"],
    [12_340, "12.3s"],
    [59_999, "60.0s"],
    [125_000, "2m 5s"],
  ])("%i ms are %s", (ms, text) => expect(seconds(ms)).toBe(text));
});
