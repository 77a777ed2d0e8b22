import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { keepNoLogs } from "../../toolchain/pulumi-logs.ts";
import { testFolder } from "./folder.ts";

it("puts a file where Pulumi would make its folder of logs, and takes away those that are there", () => {
  const home = testFolder();
  const logs = join(home, "pulumi", "logs");
  keepNoLogs({ NITRO_HOME: home });
  expect(statSync(logs).isFile()).toBe(true);

  const other = testFolder();
  mkdirSync(join(other, "pulumi", "logs"), { recursive: true });
  writeFileSync(join(other, "pulumi", "logs", "pulumi-1-up.log"), "x");
  mkdirSync(join(other, "pulumi", "plugins"));
  keepNoLogs({ NITRO_HOME: other });
  keepNoLogs({ NITRO_HOME: other });
  expect(statSync(join(other, "pulumi", "logs")).isFile()).toBe(true);
  expect(existsSync(join(other, "pulumi", "plugins"))).toBe(true);
});
