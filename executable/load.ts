import { UserError } from "../common/errors.ts";
import { type Arch, ExecutableError } from "./check.ts";
import { type LoadedExecutable, loadExecutable } from "./staging.ts";

/**
 * Reads and checks an executable, as the stack's program does. See loadExecutable.
 * @throws UserError with the reason and the command that mends it
 */
export async function loadChecked(root: string, file: string | undefined, arch: Arch, stack: string): Promise<LoadedExecutable> {
  return loadExecutable(root, file, arch, stack).catch((error: unknown) => {
    throw error instanceof ExecutableError ? new UserError(error.message) : error;
  });
}
