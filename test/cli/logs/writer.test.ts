import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import type { RoleLog } from "../../../automation/role-logs.ts";
import { type LogFormat, LogWriter } from "../../../cli/logs/writer.ts";
import type { Context } from "../../../common/context.ts";
import type { Role } from "../../../model/names.ts";

const entries: readonly RoleLog[] = [
  { kind: "line", time: "t1", stream: "stdout", line: '{"level":"info"}' },
  { kind: "line", time: "t2", stream: "stderr", line: "a warning" },
  { kind: "replaced", time: "t3", container: "0e1f6a7b2c3d4e5f" },
];

async function written(roles: readonly Role[], format: LogFormat) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const writer = new LogWriter(roles, format, { stdout, stderr } as unknown as Context);
  for (const entry of entries) writer.write(0, entry);
  stdout.end();
  stderr.end();
  return { stdout: await text(stdout), stderr: await text(stderr) };
}

test("of one part each line goes where it was written to, so that a pipe gets the program's standard output alone", async () => {
  expect(await written(["service"], { json: false, prefixed: false })).toEqual({
    stdout: '{"level":"info"}\n',
    stderr: "a warning\n— service replaced by 0e1f6a7b2c3d —\n",
  });
});

test("of several parts all lines come on standard output, with the part", async () => {
  expect(await written(["service", "worker"], { json: false, prefixed: true })).toEqual({
    stdout: 'service │ {"level":"info"}\nservice │ a warning\nservice │ — service replaced by 0e1f6a7b2c3d —\n',
    stderr: "",
  });
});

test("--json is an object a line", async () => {
  const { stdout } = await written(["service"], { json: true, prefixed: false });
  expect(
    stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { role: "service", time: "t1", stream: "stdout", line: '{"level":"info"}' },
    { role: "service", time: "t2", stream: "stderr", line: "a warning" },
    { role: "service", time: "t3", replacedBy: "0e1f6a7b2c3d4e5f" },
  ]);
});
