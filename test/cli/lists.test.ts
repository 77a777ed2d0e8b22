import { describe, expect, it } from "vitest";
import { outputRows } from "../../cli/outputs.ts";
import { joinStacks, stackCells } from "../../cli/stack-rows.ts";

const now = Date.parse("2026-11-24T12:00:00Z");
const hourAgo = "2026-11-24T11:00:00.000Z";

function seen(name: string, ownerId: string, owner?: string) {
  return { name, ownerId, owner, running: 6, healthy: 5, parts: 6, memory: 3 * 2 ** 20, created: "2026-11-21T12:00:00Z", lastUse: hourAgo };
}

describe("ls", () => {
  it("joins what the backend and the engine know, and tells whose each is", () => {
    const listed = [{ name: "bob", lastUpdate: "2026-11-24T00:00:00Z", updateInProgress: true }, { name: "alice" }];
    const rows = joinStacks(listed, [seen("alice", "us"), seen("carol", "them"), seen("bob", "them")], "us");
    expect(rows.map(({ name, mine, updating, running, lastUse }) => [name, mine, updating, running, lastUse])).toEqual([
      ["alice", true, false, 6, hourAgo],
      ["bob", false, false, 6, hourAgo],
      ["bob", true, true, 0, "2026-11-24T00:00:00Z"],
      ["carol", false, false, 6, hourAgo],
    ]);
  });

  it("names the owner, and the last user where that is somebody else", () => {
    const row = { ...seen("alice", "0123456789abcdef", "ann@laptop"), mine: true, updating: false };
    const cells = ["alice", "ann@laptop", "6 of 6 run, 5 healthy", "3d", "1h ago", "3 MiB"];
    expect(stackCells({ ...row, lastUser: "ann@laptop" }, now)).toEqual(cells);
    expect(stackCells({ ...row, lastUser: "bob@desk" }, now)).toEqual(cells.with(4, "1h ago, by bob@desk"));
    expect(stackCells({ ...row, mine: false }, now)).toEqual(cells.with(1, "ann@laptop (backend 012345)"));
    expect(stackCells({ ...row, owner: undefined, mine: false }, now)).toEqual(cells.with(1, "backend 0123456789abcdef"));
  });

  it("says where a stack is whose settings name another engine", () => {
    const row = { ...seen("alice", "us", "ann@laptop"), mine: true, updating: false, engine: "ssh://build1" };
    expect(stackCells(row, now)[2]).toBe("6 of 6 run, 5 healthy on ssh://build1");
    expect(stackCells({ ...row, running: 0 }, now)[2]).toBe("nothing runs or answers on ssh://build1");
  });
});

describe("outputs", () => {
  it("gives nested values their path", () => {
    expect(outputRows({ serviceUrl: "http://x", ports: { redis: 20001 }, list: ["a"] })).toEqual([
      ["serviceUrl", "http://x"],
      ["ports.redis", "20001"],
      ["list", '["a"]'],
    ]);
  });
});
