// The launcher's second half: the packages that cli/core/main.ts imports have to be there before it is loaded.
import { fileURLToPath } from "node:url";
import { errorMessage, UserError } from "../../common/errors.ts";
import { ensureModules } from "../../toolchain/modules.ts";
import { completionWord } from "./completion-word.ts";

const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

try {
  // Somebody who presses a key waits for an answer, not for npm.
  if (process.argv[2] !== completionWord) await ensureModules(root, process.env, process.stderr);
} catch (error) {
  process.stderr.write(`error: ${errorMessage(error)}\n`);
  if (error instanceof UserError && error.hint !== undefined) process.stderr.write(`  ${error.hint}\n`);
  process.exit(1);
}
await import("./main.ts");
