import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { PartStatus } from "../../automation/status.ts";
import { age, describeStatus, drift, mebibytes, sealing } from "../../cli/status.ts";

const now = new Date("2026-11-24T01:00:00Z");
const service: PartStatus = {
  ...{ role: "service", container: "nitro-alice-service", id: "1", state: "running", health: "healthy", restarts: 0 },
  ...{ sha256: "0123456789abcdef".repeat(4), builtAt: "2026-11-24T00:58:00.000Z", startedAt: "2026-11-24T00:59:18Z" },
  ...{ image: "localhost/nitro/base:1", ports: [20000], memory: 31 * 2 ** 20 },
};
const redis: PartStatus = {
  ...{ role: "redis", container: "nitro-alice-redis", id: "2", state: "exited", exitCode: 137, restarts: 2 },
  ...{ image: "localhost/nitro/redis:abc", ports: [] },
};

describe("status for people", () => {
  it("shows state, version, port, age and memory of each part, and whether the service is sealed", () => {
    const text = describeStatus({ stack: "alice", healthy: false, sealed: false, shares: 2, parts: [service, redis] }, now);
    expect(
      stripVTControlCharacters(text)
        .split("\n")
        .map((line) => line.split(/\s{2,}/)),
    ).toEqual([
      ["part", "state", "version", "port", "up", "memory"],
      ["service", "healthy", "0123456789ab, built 2026-11-24 00:58:00", "20000", "42s", "31 MiB"],
      ["redis", "exited (137), 2 restarts", "redis:abc"],
      [""],
      ["unsealed, 31 MiB in all"],
      [""],
    ]);
  });

  it("says why a part does not run, in the engine's words", () => {
    const waiting: PartStatus = { ...redis, state: "created", problem: "no suitable node (1 node not available for new tasks)" };
    expect(describeStatus({ stack: "alice", healthy: false, sealed: false, shares: 2, parts: [service, waiting] }, now)).toContain(
      "\nredis does not run: no suitable node (1 node not available for new tasks)\n",
    );
  });

  it("counts no memory where the engine tells none", () => {
    const { memory: _, ...untold } = service;
    expect(describeStatus({ stack: "alice", healthy: true, sealed: false, shares: 2, parts: [untold] }, now)).toMatch(/\n\nunsealed\n$/);
  });

  it("says which payments wait for whom", () => {
    const status = { stack: "alice", healthy: true, sealed: false, shares: 2, parts: [service] };
    const waiting = [
      { payoutId: "p", operator: 1, payments: 1 },
      { payoutId: "p", operator: 2, payments: 12 },
    ];
    const text = describeStatus(status, now, waiting);
    expect(text).toMatch(/in all\n1 payment waits for operator 1 \(payout p\)\n12 payments wait for operator 2 \(payout p\)\n$/);
  });

  it("says how to bring up a stack that is not", () => {
    const missing: PartStatus = { ...redis, state: "missing" };
    const text = describeStatus({ stack: "alice", healthy: false, sealed: true, shares: 0, parts: [missing] }, now);
    expect(text).toBe('stack "alice" is not up: ./nitro up -s alice\n');
  });

  it("counts the shares of a sealed service", () => {
    expect(sealing({ sealed: true, shares: 0 })).toBe("sealed, 0 of 2 shares");
    expect(sealing({ sealed: true, shares: 2 })).toBe("sealed, 2 of 2 shares");
    expect(sealing({ sealed: false, shares: 2, aside: 3 })).toBe("unsealed; 3 of another vault set aside");
    expect(sealing({ sealed: true, shares: 3, cause: "why" })).toBe("sealed, 3 shares where 2 are needed (why)");
    expect(sealing({ sealed: false, shares: 2 })).toBe("unsealed");
  });
});

describe("drift from what is declared", () => {
  const [declared, live] = ["0123456789abcdef".repeat(4), "f".repeat(64)];
  const running = (sha256: string) => ({ pid: 9, sha256, since: "2026-11-24T00:59:58Z" });

  it.each([
    [{}, undefined],
    [{ running: running(declared) }, undefined],
    [{ running: running(live), live }, "service runs ffffffffffff live, declared is 0123456789ab"],
    [{ running: running(live) }, "service runs ffffffffffff, declared is 0123456789ab"],
    [
      { running: running(declared), live },
      "service runs ffffffffffff live from its next start on, now it runs 0123456789ab, declared is 0123456789ab",
    ],
    [{ live }, "service runs ffffffffffff live from its next start on, declared is 0123456789ab"],
  ])("%j: %s", (part, line) => expect(drift({ ...service, ...part })).toBe(line));

  it("is told below the table, with what mends it, and the version is what runs", () => {
    const parts = [{ ...service, running: running(live), live }];
    const text = stripVTControlCharacters(describeStatus({ stack: "alice", healthy: true, sealed: false, shares: 2, parts }, now));
    expect(text).toContain("ffffffffffff live, built 2026-11-24 00:58:00");
    expect(text).toContain("declared is 0123456789ab\n./nitro up -s alice makes it as declared\nunsealed");
  });
});

describe("units", () => {
  it.each([
    [-5, "0s"],
    [59_999, "59s"],
    [60_000, "1m"],
    [3_600_000, "1h"],
    [200_000_000, "2d"],
  ])("%i ms are %s", (ms, text) => expect(age(ms)).toBe(text));

  it("rounds memory to MiB", () => expect(mebibytes(1_600_000)).toBe("2 MiB"));
});
