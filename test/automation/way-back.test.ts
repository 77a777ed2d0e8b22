import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Outcome } from "../../automation/events.ts";
import { UpdateError } from "../../automation/stack.ts";
import { withWayBack } from "../../automation/swap.ts";
import { UserError } from "../../common/errors.ts";
import { notePastExecutable } from "../../executable/past-executables.ts";

const [good, bad] = ["a".repeat(64), "b".repeat(64)];

let root = "";
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "nitro-back-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

function failure(touched = true): UpdateError {
  const outcome: Outcome = { counts: {}, touched, attempts: [], outputs: undefined, errors: [], warnings: [] };
  return new UpdateError(new UserError("service exited with code 0 before it answered"), outcome);
}

const told = (error: UpdateError, executable?: { readonly file: string; readonly sha256: string }) =>
  withWayBack(error, "alice", { root }, executable);

test("the file is named, and the ways to another one", async () => {
  await notePastExecutable(root, "alice", good);
  expect(await told(failure(), { file: "/bin/true", sha256: bad })).toMatchObject({
    message: "service exited with code 0 before it answered\nthe executable is /bin/true",
    hint: "go back to aaaaaaaaaaaa: ./nitro swap -s alice --previous; run another one: ./nitro swap -s alice --binary FILE, or --sample",
  });
});

test("where none has answered yet there is none to go back to", async () => {
  expect(await told(failure(), { file: join(root, "build", "payments"), sha256: bad })).toMatchObject({
    message: "service exited with code 0 before it answered\nthe executable is build/payments",
    hint: "run another one: ./nitro swap -s alice --binary FILE, or --sample",
  });
  expect(await withWayBack(failure(), "alice", { root }, { file: "/bin/true", sha256: bad }, "up")).toMatchObject({
    hint: "run another one: ./nitro up -s alice --binary FILE, or --sample",
  });
});

test("of what was built here the way back alone is told", async () => {
  await notePastExecutable(root, "alice", good);
  expect(await told(failure())).toMatchObject({
    message: failure().message,
    hint: "go back to aaaaaaaaaaaa: ./nitro swap -s alice --previous",
  });
});

test("nothing is added where nothing was changed, or the executable has answered before", async () => {
  await notePastExecutable(root, "alice", good);
  for (const [error, sha256] of [
    [failure(false), bad],
    [failure(), good],
  ] as const)
    expect(await told(error, { file: "/bin/true", sha256 })).toBe(error);
  await rm(join(root, ".nitro"), { recursive: true });
  const error = failure();
  expect(await told(error)).toBe(error);
});
