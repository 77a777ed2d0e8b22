import { expect, test } from "vitest";
import type { Configured } from "../../../automation/configured.ts";
import { whatToWatch } from "../../../cli/watch/watched.ts";
import type { Context } from "../../../common/context.ts";
import type { Progress } from "../../../common/progress.ts";
import type { Machine } from "../../../stacks/prepare.ts";

const context = { root: "/project", cwd: "/service", env: {} } as unknown as Context;
const machine = { arch: "amd64" } as Machine;

function watched(binary: string | undefined, command: string | undefined, named = binary !== undefined) {
  const configured = { settings: { service: { binary }, build: {} }, file: { hides: () => false } } as unknown as Configured;
  return whatToWatch("alice", configured, machine, { named, command, also: [], ignore: [] }, {} as Progress, context);
}

test("a build is watched by the file that the settings name, from the folder it runs in", () => {
  const { executable, sources } = watched("/service/payments", "go build -o payments .");
  expect(executable).toBe("/service/payments");
  expect(sources).toMatchObject({ folder: "/service", output: "/service/payments" });
});

test("a build whose file nobody has named is refused: the sample would go on running", () => {
  expect(() => watched(undefined, "go build -o payments .")).toThrow(
    "the settings of stack \"alice\" name no executable: say which file the build writes, such as --build 'go build -o payments .' --binary payments",
  );
});

test("without a build and an executable it is the sample", () => {
  expect(watched(undefined, undefined).sources).toMatchObject({ folder: "/project/sample" });
});

test("a named file that is not there is refused where nothing builds it; one of the settings may still come", () => {
  expect(() => watched("/service/paymnets", undefined)).toThrow("there is no file paymnets");
  expect(watched("/service/paymnets", "make").executable).toBe("/service/paymnets");
  expect(watched("/service/payments", undefined, false).executable).toBe("/service/payments");
});
