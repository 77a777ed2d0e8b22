import { describe, expect, it } from "vitest";
import { commandNames, commands } from "../../../cli/core/commands.ts";
import { complete } from "../../../cli/core/complete.ts";
import { ledgerCommands } from "../../../cli/ledger/commands.ts";
import { roles } from "../../../model/names.ts";

const stacks = async () => ["alice", "bob"];

/** Every word after `nitro`; the last is being typed. */
async function offered(...words: string[]): Promise<string[]> {
  const { words: offers, files } = await complete(commands, words, stacks);
  return [...offers.map(({ word }) => word), ...(files === undefined ? [] : [`:${files}`])];
}

describe("completion", () => {
  it("offers commands, then subcommands, with their summaries", async () => {
    expect(await offered("")).toEqual([...commandNames, "help"]);
    expect(await offered("s")).toEqual(["swap", "status", "shell", "snapshot", "setup"]);
    expect(await offered("-s", "alice", "s")).toEqual(["swap", "status", "shell", "snapshot", "setup"]);
    expect(await offered("ledger", "")).toEqual(Object.keys(ledgerCommands));
    expect(await offered("ledger", "-s", "alice", "ex")).toEqual(["export", "explain"]);
    expect(await offered("pay", "st")).toEqual(["status"]);
    expect(await offered("help", "ledger", "q")).toEqual(["query"]);
    const { words } = await complete(commands, ["st"], stacks);
    expect(words).toEqual([{ word: "status", help: commands.status.summary }]);
  });

  it.each([
    [
      ["status", "-"],
      ["--stack", "--json", "--help"],
    ],
    [
      ["status", "--json", "--"],
      ["--stack", "--help"],
    ],
    [["-"], ["--stack", "--help", "--version"]],
    [["-s", "alice", "-"], ["--help"]],
    [
      ["outputs", "-s", "alice", "ledger"],
      ["ledgerEndpoint", "ledgerHttpsEndpoint", "ledgerName", "ledgerArn"],
    ],
    [
      ["ledger", "--"],
      ["--stack", "--help"],
    ],
    [
      ["ledger", "query", "--e"],
      ["--endpoint", "--explain"],
    ],
    [["pay", "--count", "3", "--c"], ["--custodian"]],
    [["pay", "status", "p", "--j"], ["--json"]],
    [["watch", "--sources", "a", "--so"], ["--sources"]],
    [
      ["status", ""],
      ["--stack", "--json", "--help"],
    ],
  ])("offers options: %j", async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it.each([
    [
      ["up", "--bootstrap", ""],
      ["auto", "manual"],
    ],
    [["up", "--bootstrap=m"], ["--bootstrap=manual"]],
    [["up", "--bootstrap", "=", "m"], ["manual"]],
    [
      ["up", "--bootstrap", "="],
      ["auto", "manual"],
    ],
    [
      ["ledger", "export", "--format", "ION"],
      ["ION_TEXT", "ION_BINARY"],
    ],
    [["pay", "--custodian", "dryrun-pa"], ["dryrun-pay-fails"]],
    [["up", "--bootstrap", "=", "manual", "--au"], ["--authorization"]],
    [
      ["swap", ""],
      ["service", "worker"],
    ],
    [["logs", "redis", ""], [...roles]],
    [["exec", "-s", "alice", "k"], ["key-feeder"]],
    [["exec", "redis", ""], ["--"]],
    [["exec", "redis", "--", ""], []],
    [["test", "u"], ["unit"]],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
  ])("offers allowed words and parts: %j", async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it.each([
    [
      ["-s", ""],
      ["alice", "bob"],
    ],
    [["--stack=a"], ["--stack=alice"]],
    [["up", "-s", "b"], ["bob"]],
    [
      ["ledger", "-s", ""],
      ["alice", "bob"],
    ],
    [
      ["ledger", "query", "--stack", ""],
      ["alice", "bob"],
    ],
    [["setup", "-s", "b"], ["bob"]],
  ])("offers stacks: %j", async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });

  it.each([
    [["up", "--binary", "x"], [":files"]],
    [["wait", "--build", ""], [":files"]],
    [["ledger", "serve", "--dir", ""], [":folders"]],
    [["ledger", "tables", "--endpoint", ""], []],
    [["frobnicate", ""], []],
  ])("leaves files to the shell, and says nothing where it knows nothing: %j", async (words, expected) => {
    expect(await offered(...words)).toEqual(expected);
  });
});
