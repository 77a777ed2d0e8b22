import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

const main = fileURLToPath(new URL("../../../cli/core/main.ts", import.meta.url));
let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-unread-"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

/** A command, with a module that runs in it first. */
function start(args: readonly string[], preload = "") {
  const imports = preload === "" ? [] : ["--import", `data:text/javascript,${encodeURIComponent(preload)}`];
  const child = spawn(process.execPath, [...imports, main, ...args], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  return { child, ended: once(child, "close").then(([code]: unknown[]) => code) };
}

const served = ["ledger", "serve", "--port", "0", "--dir", "data"];

async function text(stream: NodeJS.ReadableStream | null): Promise<string> {
  let all = "";
  for await (const chunk of stream ?? []) all += chunk;
  return all;
}

test.each(["stdout", "stderr"] as const)("a command that only shows something ends when its %s is not read any more", async (name) => {
  // It waits for a ledger that takes the question and never answers, and has something to say all the time.
  const mute = createServer().listen(0, "127.0.0.1");
  await once(mute, "listening");
  const { port } = mute.address() as AddressInfo;
  const { child, ended } = start(
    ["ledger", "tables", "--endpoint", `http://127.0.0.1:${port}`],
    `setInterval(() => process.${name}.write("x".repeat(70_000)), 5);`,
  );
  child[name === "stdout" ? "stderr" : "stdout"]?.resume();
  child[name]?.once("data", () => child[name]?.destroy());
  expect(await ended).toBe(0);
  mute.close();
});

test("a command that changes something goes on when nobody reads it", async () => {
  const { child, ended } = start(served, `setInterval(() => process.stderr.write("x"), 5);`);
  let url: string | undefined;
  for await (const chunk of child.stdout ?? []) {
    url = /answers at (\S+),/.exec(String(chunk))?.[1];
    if (url !== undefined) break;
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
  // Long enough for some writes in vain.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  child.kill("SIGINT");
  expect(await ended).toBe(0);
});

test("an error that nobody catches ends the process with a message, also while a listener of Pulumi's lets it pass", async () => {
  const preload = `process.on("uncaughtException", () => {}); setTimeout(() => { throw new Error("a surprise"); }, 1500);`;
  const { child, ended } = start(served, preload);
  child.stdout?.resume();
  const errors = await text(child.stderr);
  expect(await ended).toBe(1);
  expect(errors).toContain("error: a surprise\n");
  expect(errors).toContain("NITRO_DEBUG=1");
});
