import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { isAlive } from "../../common/process-tree.ts";
import { ProgramStream } from "../../common/program-stream.ts";

const start = (script: string) => new ProgramStream("sh", ["-c", script], { PATH: process.env.PATH }, (what) => new Error(`sh ${what}`));

test("what is written goes in, what comes out is read, in pieces of any size", async () => {
  const stream = start("tr a b");
  const sent = "a".repeat(1_000_000);
  stream.end(sent);
  expect(await text(stream)).toBe("b".repeat(1_000_000));
});

test("a program that fails makes an error of what it complained of, after all of its output", async () => {
  const stream = start("echo half; echo no more >&2; exit 3");
  await expect(text(stream.end())).rejects.toThrow("sh ended with exit code 3: no more");
});

test("a program that is not there is an error", async () => {
  const stream = new ProgramStream("no-such-program", [], { PATH: process.env.PATH }, (what) => new Error(`it ${what}`));
  await expect(text(stream.end())).rejects.toThrow("it cannot be started: spawn no-such-program ENOENT");
});

test("a stream that nobody wants any more ends its program", async () => {
  const stream = start("echo $$; exec sleep 300");
  const pid = await new Promise<number>((named) => stream.once("data", (data: Buffer) => named(Number(data.toString()))));
  expect(isAlive(pid)).toBe(true);
  stream.destroy();
  await expect.poll(() => isAlive(pid), { timeout: 5_000 }).toBe(false);
});
