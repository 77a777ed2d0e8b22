import { parseArgs } from "node:util";
import { stackStatus } from "../automation/status.ts";
import { mebibytes } from "../cli/status.ts";
import { table } from "../common/table.ts";
import { Engine } from "../docker/engine.ts";
import { nitro, root } from "./run.ts";

/** What an idle stack may use, in MiB. */
const limit = 900;

// Memory of an idle stack by container, some seconds after it came up.
const { values } = parseArgs({ options: { stack: { type: "string", short: "s", default: "bench-memory" }, keep: { type: "boolean" } } });
await nitro(["up", "-s", values.stack]);
try {
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  const { parts } = await stackStatus(Engine.connect(), values.stack, { env: process.env, root });
  const total = parts.reduce((sum, { memory = 0 }) => sum + memory, 0);
  process.stdout.write(
    table(
      ["container", "memory"],
      parts.map(({ role, memory = 0 }) => [role, mebibytes(memory)]),
    ),
  );
  const over = total > limit * 2 ** 20;
  process.stdout.write(`\nin all ${mebibytes(total)}, allowed ${limit} MiB: ${over ? "TOO MUCH" : "ok"}\n`);
  process.exitCode = over ? 1 : 0;
} finally {
  if (values.keep !== true) await nitro(["down", "-s", values.stack, "--yes"]);
}
