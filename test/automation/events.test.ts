import { describe, expect, it } from "vitest";
import { type EngineEvent, outcomeOf, progressOf } from "../../automation/events.ts";

let sequence = 0;
const event = (part: Partial<EngineEvent>): EngineEvent => ({ sequence: sequence++, timestamp: 0, ...part });

function metadata(op: string, type = "docker:index/container:Container", custom = true, outputs: Record<string, unknown> = {}) {
  const urn = `urn:pulumi:alice::nitro::nitro:stack:Developer$${type}::redis-container`;
  const state = { type, urn, custom, id: "1", parent: "", inputs: { name: "nitro-alice-redis" }, outputs, provider: "" };
  const sides = op.startsWith("delete") ? { old: state } : { new: state };
  return { op: op as "create", urn, type, provider: "", ...sides };
}

describe("progressOf", () => {
  it("tells the beginning, the end and the failure of a change, by the name a person knows", () => {
    const started = progressOf(event({ resourcePreEvent: { metadata: metadata("create") } }));
    expect(started).toMatchObject({ kind: "started", step: { label: "container nitro-alice-redis", doing: "creating", done: "created" } });
    const finished = progressOf(event({ resOutputsEvent: { metadata: metadata("delete-replaced") } }));
    expect(finished).toMatchObject({ kind: "finished", step: { done: "removed the old" } });
    const failed = progressOf(event({ resOpFailedEvent: { metadata: metadata("create"), status: 0, steps: 1 } }));
    expect(failed).toMatchObject({ kind: "failed", step: { doing: "creating" } });
  });

  it.each([
    ["what stays the same", metadata("same")],
    ["logical replacements", metadata("replace")],
    ["components", metadata("create", "nitro:component:Redis", false)],
    ["images that stay although the stack goes", metadata("delete", "docker:index/remoteImage:RemoteImage")],
    ["providers", metadata("create", "pulumi:providers:docker")],
  ])("says nothing of %s", (_, which) => {
    expect(progressOf(event({ resourcePreEvent: { metadata: which } }))).toBeUndefined();
  });

  it("passes on what the program says, without colours, and keeps errors for the end", () => {
    const diagnostic = (severity: "info" | "error", message: string) =>
      progressOf(event({ diagnosticEvent: { message, color: "raw", severity } }));
    expect(diagnostic("info", "<{%fg 2%}>waiting<{%reset%}>\n")).toEqual({ kind: "note", text: "waiting" });
    expect(diagnostic("info", "\n")).toBeUndefined();
    expect(diagnostic("error", "broken")).toBeUndefined();
  });
});

describe("outcomeOf", () => {
  const root = metadata("same", "pulumi:pulumi:Stack", false, {
    serviceUrl: "http://127.0.0.1:20000",
    redisUrl: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "[secret]" },
  });
  const summary = (resourceChanges: Record<string, number>) =>
    event({ summaryEvent: { maybeCorrupt: false, durationSeconds: 1, resourceChanges, policyPacks: {} } });

  it("collects counts, outputs without secrets, and errors", () => {
    const outcome = outcomeOf([
      event({ diagnosticEvent: { urn: "u", message: "\x1b[31mbroken\x1b[0m\n", color: "raw", severity: "error" } }),
      event({ resOutputsEvent: { metadata: root } }),
      summary({ same: 3, create: 1 }),
    ]);
    expect(outcome).toEqual({
      counts: { same: 3, create: 1 },
      outputs: { serviceUrl: "http://127.0.0.1:20000", redisUrl: "[secret]" },
      touched: false,
      attempts: [],
      errors: [{ urn: "u", message: "broken" }],
      warnings: [],
    });
  });

  it("knows whether anything real was touched", () => {
    const touched = (op: string, type?: string, custom?: boolean) =>
      outcomeOf([event({ resourcePreEvent: { metadata: metadata(op, type, custom) } }), summary({ [op]: 1 })]).touched;
    expect(touched("create")).toBe(true);
    expect(touched("same")).toBe(false);
    expect(touched("create", "pulumi:pulumi:Stack", false)).toBe(false);
  });
});
