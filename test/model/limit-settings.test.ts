import { describe, expect, test } from "vitest";
import { ConfigError, parseSettings } from "../../model/settings.ts";

const parsed = (key: string, value: unknown) => parseSettings({ [`nitro:${key}`]: JSON.stringify(value) }, "alice");

/** The lines of problems, without title and help. */
function problems(key: string, value: unknown): string[] {
  try {
    parsed(key, value);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n").filter((line) => line.startsWith("  - "));
    throw error;
  }
  return [];
}

describe("memory", () => {
  test("one part's limit leaves the others as they are; pulumi may have stored it as text", () => {
    const { memory } = parsed("memory", { service: "1024", "key-feeder": 512 });
    expect(memory).toEqual({ ...parsed("memory", {}).memory, service: 1024, "key-feeder": 512 });
  });

  test.each([
    [{ ledger: 511 }, "nitro:memory.ledger is 511: allowed are MiB, a whole number of 512 or more"],
    [{ service: "2g" }, 'nitro:memory.service is "2g": allowed are MiB, a whole number of 32 or more'],
    [{ worker: 64.5 }, "nitro:memory.worker is 64.5: allowed are MiB, a whole number of 32 or more"],
    [{ reddis: 64 }, "nitro:memory.reddis is not a setting; allowed under nitro:memory are service, worker, redis"],
  ])("%j is refused", (value, message) => {
    expect(problems("memory", value)).toHaveLength(1);
    expect(problems("memory", value)[0]).toContain(message);
  });
});

describe("ulimits", () => {
  test("a number is both limits, two are soft and hard, -1 is none; sorted, so that their order changes nothing", () => {
    expect(parsed("service", { ulimits: { stack: "8192:-1", nofile: 65536, core: -1 } }).service.ulimits).toEqual([
      { name: "core", soft: -1, hard: -1 },
      { name: "nofile", soft: 65536, hard: 65536 },
      { name: "stack", soft: 8192, hard: -1 },
    ]);
  });

  test.each([["many"], ["2:1"], ["-1:5"], ["-2"], [1.5], ["1:2:3"], [""]])("%s is none", (value) => {
    expect(problems("worker", { ulimits: { nofile: value } })).toEqual([
      `  - nitro:worker.ulimits.nofile is ${JSON.stringify(value)}: allowed is a whole number, or two as SOFT:HARD with the lower one first, such as 1024:65536; -1 is no limit`,
    ]);
  });

  test("names are the engine's, but for the one that counts what is outside the container", () => {
    expect(problems("service", { ulimits: { files: 1 } })[0]).toContain("nitro:service.ulimits.files is 1: allowed are core, cpu,");
    expect(problems("service", { ulimits: { nproc: 1 } })[0]).toContain("the processes of user 1000 on the whole machine");
  });
});

describe("writable folders", () => {
  test("in memory or of this machine", () => {
    expect(parsed("service", { writable: ["/var/cache/", "./coverage:/coverage"] }).service.writable).toHaveLength(2);
  });

  test.each(["cache", "./cache", ":/cache", "/:/host", "/", "/a/../b", ""])("%j is none", (entry) => {
    expect(problems("service", { writable: [entry] })[0]).toMatch(/nitro:service\.writable\.0 is ".*": (allowed is an absolute|the root)/);
  });

  test("what a container has already is taken", () => {
    expect(problems("service", { writable: ["/tmp/x"] })[0]).toContain("the container has its own /tmp: choose another path");
    expect(problems("service", { writable: ["/a", "./b:/a"] })[0]).toContain("two of them are mounted at /a");
    expect(problems("worker", { files: ["./a:/a"], writable: ["/a"] })).toEqual([
      '  - nitro:worker.writable is ["/a"]: worker.files mounts something at /a, too',
    ]);
  });
});
