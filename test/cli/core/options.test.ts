import { join } from "node:path";
import { expect, it } from "vitest";
import { settingChanges } from "../../../cli/core/options.ts";

it("turns options into settings; a path is meant from where the command runs", () => {
  const context = { cwd: "/home/ann/payments" };
  expect(settingChanges({ binary: "bin/payments", bootstrap: "manual", authorization: "auto" }, context)).toEqual({
    "service.binary": "/home/ann/payments/bin/payments",
    bootstrap: "manual",
    "authorization.mode": "auto",
  });
  expect(settingChanges({ binary: "/tmp/x" }, context)).toEqual({ "service.binary": "/tmp/x" });
  expect(settingChanges({ secrets: "s.json" }, context)).toEqual({ "secrets.file": join(context.cwd, "s.json") });
  expect(settingChanges({}, context)).toEqual({});
});

it("goes back to the sample by taking away whatever else names an executable", () => {
  const gone = { "service.binary": null, "service.image": null, "build.command": null };
  expect(settingChanges({ sample: true }, { cwd: "/" })).toEqual(gone);
  expect(() => settingChanges({ sample: true, binary: "x" }, { cwd: "/" })).toThrow("--binary and --sample: allowed is one of them");
});
