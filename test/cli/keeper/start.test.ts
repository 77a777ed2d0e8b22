import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { keeperFolder } from "../../../cli/keeper/protocol.ts";
import { keepReady } from "../../../cli/keeper/start.ts";
import type { Context } from "../../../common/context.ts";

test.each([
  ["a backend that is no folder", { PULUMI_BACKEND_URL: "s3://team" }, true],
  ["a terminal that is none", {}, false],
  ["CI", { CI: "1" }, true],
])("for %s no process waits for the next swap", async (_, env, isTTY) => {
  const root = mkdtempSync(join(tmpdir(), "nitro-keep-"));
  try {
    const context = { root, env, stderr: { isTTY } } as unknown as Context;
    await keepReady("alice", { swap: { mode: "auto", keep: 10 } }, context);
    expect(existsSync(keeperFolder(root, "alice"))).toBe(false);
  } finally {
    rmSync(root, { recursive: true });
  }
});
