// The process that keeps a stack's next swap ready. `nitro up` and `nitro swap` start it (start.ts), and it ends by itself.
import { fileURLToPath } from "node:url";
import type { Context } from "../../common/context.ts";
import { errorMessage, UserError } from "../../common/errors.ts";
import { withLock } from "../../common/lock.ts";
import { keep } from "./keep.ts";
import { keeperLock } from "./protocol.ts";
import { startKeeper } from "./start.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const [stack = ""] = process.argv.slice(2);
const stop = new AbortController();
const kill = new AbortController();

for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => stop.abort());
process.on("exit", () => kill.abort());

const { env, stdin, stdout, stderr } = process;
const context: Context = { env, cwd: root, stdin, stdout, stderr, root, signal: stop.signal, kill: kill.signal };

try {
  const goesOn = await withLock(keeperLock(root, stack), () => keep(stack, context), {
    onWait: ({ pid }) => {
      throw new UserError(`process ${pid} keeps stack "${stack}" ready already`);
    },
  });
  if (goesOn) await startKeeper(root, stack, env, stderr.fd);
  process.exit(0);
} catch (error) {
  stderr.write(`${new Date().toISOString()} ${errorMessage(error)}\n`);
  process.exit(1);
}
