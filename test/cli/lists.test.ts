import { describe, expect, it } from "vitest";
import { outputNamed, outputRows, valueText } from "../../cli/outputs.ts";
import { joinStacks, stackCells } from "../../cli/stack-rows.ts";
import { UserError } from "../../common/errors.ts";

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

  it("names whose the backend is where the engine knows no owner, as of a stack that is down", () => {
    const found = [seen("alice", "us", "bob@desk"), seen("carol", "them"), seen("dave", "us")];
    const rows = joinStacks([{ name: "erin" }], found, "us", "ann@laptop");
    const owners = ["bob@desk", "backend them", "ann@laptop", "ann@laptop"];
    expect(rows.map((row) => stackCells(row, now)[1])).toEqual(owners);
    expect(stackCells(joinStacks([{ name: "erin" }], [], "us")[0] ?? expect.fail(), now)[1]).toBe("not known");
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

  const outputs = { serviceUrl: "http://x", ports: { redis: 20001 }, aws: "[secret]", caCertificate: "-----BEGIN\nx\n" };

  it("gives one by its name, and a part of one by its path", () => {
    expect(outputNamed(outputs, "serviceUrl", "alice")).toBe("http://x");
    expect(outputNamed(outputs, "ports", "alice")).toEqual({ redis: 20001 });
    expect(outputNamed(outputs, "ports.redis", "alice")).toBe(20001);
  });

  it.each([
    ["serviceUlr", 'stack "alice" has no output "serviceUlr" (did you mean serviceUrl?)'],
    ["ports.redsi", 'stack "alice" has no output "ports.redsi" (did you mean ports.redis?)'],
    ["nothing", 'stack "alice" has no output "nothing"'],
    ["serviceUrl.length", 'stack "alice" has no output "serviceUrl.length"'],
    ["constructor", 'stack "alice" has no output "constructor"'],
    ["", 'stack "alice" has no output ""'],
  ])("names the nearest of one that is not there, and all: %j", (name, message) => {
    const error = new UserError(message, "there are serviceUrl, ports, aws, caCertificate");
    expect(() => outputNamed(outputs, name, "alice")).toThrow(error);
  });

  it.each(["aws", "aws.region"])("does not print in place of a secret what is none: %s", (name) => {
    expect(() => outputNamed(outputs, name, "alice")).toThrow(`output "${name}" of stack "alice" is secret`);
    const shown = { ...outputs, aws: { region: "us-east-1" } };
    expect(outputNamed(shown, "aws.region", "alice")).toBe("us-east-1");
  });

  it("prints a text as it is, and everything else as JSON", () => {
    expect(valueText("http://x", false)).toBe("http://x\n");
    expect(valueText(outputs.caCertificate, false)).toBe(outputs.caCertificate);
    expect(valueText("http://x", true)).toBe('"http://x"\n');
    expect(valueText(20001, false)).toBe("20001\n");
    expect(JSON.parse(valueText(outputs.ports, false))).toEqual(outputs.ports);
  });
});
