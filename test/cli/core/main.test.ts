import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { commandNames } from "../../../cli/core/commands.ts";

const main = fileURLToPath(new URL("../../../cli/core/main.ts", import.meta.url));

const root = fileURLToPath(new URL("../../../", import.meta.url));

function nitro(...args: string[]) {
  const { NITRO_STACK: _, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: "utf8", env });
  return { status, stdout, stderr };
}

describe("the command line", () => {
  it.each([[], ["help"], ["--help"], ["-h"]])("lists every command for %j", (...args) => {
    const { status, stdout } = nitro(...args);
    expect(status).toBe(0);
    for (const name of commandNames) expect(stdout).toMatch(new RegExp(`^  ${name} +\\S`, "m"));
  });

  it.each([
    ["status", "--help"],
    ["help", "status"],
    ["exec", "-h"],
    ["ledger", "query", "--help"],
    ["help", "ledger", "verify"],
    ["help", "ledger"],
  ])("explains a command: %s %s %s", (...args) => {
    const { status, stdout } = nitro(...args);
    expect(status).toBe(0);
    const named = args.filter((word) => word !== "help" && !word.startsWith("-")).join(" ");
    expect(stdout).toMatch(new RegExp(`^usage: nitro ${named} `, "m"));
  });

  it.each([
    [["ledger"], "the subcommand is missing"],
    [["ledger", "qurey"], 'there is no subcommand "qurey", did you mean query?'],
    [["ledger", "--json", "query"], '"--json" stands before the subcommand'],
  ])("%j: the ledger's subcommands are told", (args, message) => {
    const { status, stderr } = nitro(...args);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^usage: nitro ledger <subcommand> /m);
    expect(stderr).toMatch(/^ {2}query +Run a PartiQL statement/m);
    expect(stderr).toContain(`error: ${message}`);
  });

  it.each([
    ["-s", "Alice_1", "up"],
    ["--stack=Alice_1", "ledger", "query", "SELECT 1"],
    ["ledger", "-s", "Alice_1", "query", "SELECT 1"],
    ["pay", "--json", "-s", "Alice_1", "status", "p"],
  ])("takes the stack before the command's name: %s %s %s", (...args) => {
    const { status, stderr } = nitro(...args);
    expect(status).toBe(1);
    expect(stderr).toBe(nitro("status", "-s", "Alice_1").stderr);
    expect(stderr).toContain('stack name "Alice_1" is not allowed');
  });

  it("accepts the stack where a command is about none", () => {
    const { status, stdout } = nitro("-s", "alice", "env", "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toHaveProperty("PULUMI_HOME");
  });

  it.each([
    [["help"], []],
    [["help", "ledger"], []],
    [["complete-words", ""], []],
    [["ledger"], []],
    [["help", "ls"], ["cli/ls.ts"]],
  ])("%j loads no command that is not asked about", (args, expected) => {
    const hook = `import { registerHooks } from "node:module";
      registerHooks({ load(url, context, next) { process.stderr.write("loads " + url + "\\n"); return next(url, context); } });`;
    const { stderr } = spawnSync(process.execPath, ["--import", `data:text/javascript,${encodeURIComponent(hook)}`, main, ...args], {
      encoding: "utf8",
    });
    const loaded = [...stderr.matchAll(/^loads file:\/\/(.*)$/gm)].map(([, path = ""]) => path.slice(root.length));
    expect(loaded).toContain("cli/core/commands.ts");
    const own = loaded.filter((path) => path.startsWith("cli/") && !path.startsWith("cli/core/") && !path.endsWith("/commands.ts"));
    expect(own.slice(0, expected.length)).toEqual(expected);
    expect(own.length === 0).toBe(expected.length === 0);
    expect(loaded.some((path) => path.startsWith("docker/"))).toBe(expected.length > 0);
  });

  it("names the command that was probably meant in a question for help", () => {
    expect(nitro("help", "stauts")).toMatchObject({
      status: 1,
      stderr: 'error: unknown command "stauts", did you mean status?\n  ./nitro status\n',
    });
  });

  it.each([["--version"], ["-v"], ["version"]])("prints its version for %s", (word) => {
    const { status, stdout } = nitro(word);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^nitro \d+\.\d+\.\d+ \(node \d+/);
  });

  it("names the command that does what another tool's does, for the same stack", () => {
    const hint = (...words: string[]) => nitro(...words).stderr.split("\n")[1];
    expect(hint("recreate", "-s", "alice")).toBe("  ./nitro down -s alice && ./nitro up -s alice");
    expect(hint("-salice", "stop", "--", "-s", "x")).toBe("  ./nitro down -s alice");
    expect(hint("--stack=alice", "ps")).toBe("  ./nitro status -s alice");
    expect(hint("stauts", "-s", "alice")).toBe("  ./nitro status -s alice");
    expect(hint("constructor")).toBe("  ./nitro help");
  });

  it("names the command that was probably meant", () => {
    expect(nitro("-s")).toEqual({ status: 1, stdout: "", stderr: "error: the command is missing\n  ./nitro help\n" });
    for (const words of [["-s", "alice"], ["--stack=alice"], ["-salice"]]) {
      const stderr = "error: the command is missing beside the stack\n  ./nitro status -s alice, or another one of ./nitro help\n";
      expect(nitro(...words)).toEqual({ status: 1, stdout: "", stderr });
    }
    expect(nitro("stauts")).toEqual({
      status: 1,
      stdout: "",
      stderr: 'error: unknown command "stauts", did you mean status?\n  ./nitro status\n',
    });
    expect(nitro("frobnicate").stderr).toContain("./nitro help");
  });

  it("adds the usage to an error in the arguments, and no stack trace", () => {
    const { status, stderr } = nitro("status", "--jsn");
    expect(status).toBe(1);
    expect(stderr).toMatch(/^error: Unknown option '--jsn'/);
    expect(stderr.indexOf("usage: nitro status")).toBeGreaterThan(0);
    expect(stderr.match(/error:/g)).toHaveLength(1);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it("keeps that error in sight: of a command with many options the usage follows, not the whole help", () => {
    const { stderr } = nitro("fault", "redis", "--for", "5");
    expect(stderr).toMatch(/^error: /);
    expect(stderr).toContain("`nitro fault --help` says more.");
    expect(stderr.trimEnd().split("\n").length).toBeLessThan(12);
  });

  it("refuses a stack name that is not allowed before anything happens", () => {
    const { status, stderr } = nitro("up", "-s", "Alice_1");
    expect(status).toBe(1);
    expect(stderr).toContain('for example "alice-1"');
  });

  it.each([
    [["exec", "redis"], "put it after --"],
    [["exec", "redsi", "--", "ls"], '"redsi" is not a part of a stack (did you mean redis?): allowed are service, '],
    [["exec", "No-part", "--", "ls"], '"No-part" is not a part of a stack: allowed are service, '],
    [["logs", "--tail", "many"], '--tail is "many"'],
    [["swap", "workr"], "workr does not run your executable (did you mean worker?): allowed are service, worker"],
    [["swap", "nope"], "nope does not run your executable: allowed are service, worker"],
    [["swap", "redis"], "redis does not run your executable: allowed are service, worker"],
    [["up", "--bootstrap", "never"], '--bootstrap is "never": allowed are auto, manual'],
    [["up", "--bootstrap", "manaul"], '--bootstrap is "manaul" (did you mean manual?): allowed are auto, manual'],
    [["swap", "--binary", ""], "--binary is empty: allowed is the path of a file"],
    [["up", "--binary="], "--binary is empty: allowed is the path of a file"],
    [["watch", "--binary", ""], "--binary is empty: allowed is the path of a file"],
    [
      ["up", "-s", "nc-none", "--secrets", "none.json"],
      /--secrets \(setting nitro:secrets\.file\) is \S+none\.json: it cannot be read \(ENOENT/,
    ],
    [["preview", "-s", "nc-none", "--secrets", "README.md"], /--secrets \(setting nitro:secrets\.file\) is \S+README\.md: it is not JSON/],
    [["up", "--secrets", ""], "--secrets is empty: allowed is the path of a file"],
    [["wait", "--build", ""], "the build is empty: allowed is the path of a file"],
    [["ledger", "verify", "--dir", ""], "--dir is empty: allowed is the path of a folder"],
    [["reset", "redsi"], 'the part to empty is "redsi" (did you mean redis?): allowed are ledger, redis, localstack, all'],
    [["fault", "redis", "slwo"], 'redis cannot have the fault "slwo" (did you mean slow?): allowed are error, slow, down'],
    [["fault", "redis", "borken"], 'redis cannot have the fault "borken": allowed are error, slow, down'],
    [["fault", "cler"], 'there is no subcommand "cler", did you mean clear?'],
    [["fault", "redsi", "slow"], "(did you mean redis?): allowed are ledger, redis,"],
    [["pay", "statuss"], 'there is no subcommand "statuss", did you mean status?'],
    [["pay", "--count", "2", "nothing"], 'there is no subcommand "nothing": there are prepare, status, report, retry, ls, cancel'],
  ])("%j is told what is wrong", (args, message) => {
    const { status, stderr } = nitro(...args);
    expect(status).toBe(1);
    if (typeof message === "string") expect(stderr).toContain(message);
    else expect(stderr).toMatch(message);
  });
});
