import type { Context } from "../../common/context.ts";
import { errorCode, UserError } from "../../common/errors.ts";
import { portHolder } from "../../common/ports.ts";
import { type PageOptions, type ServedPage, servePage } from "../../dashboard/server.ts";

/**
 * Serves a page, and writes what goes wrong while it is served to standard error.
 * @throws UserError where the port cannot be listened on
 */
export async function openPage(options: Omit<PageOptions, "onError">, { stderr }: Pick<Context, "stderr">): Promise<ServedPage> {
  const { port } = options;
  const onError = (error: unknown) =>
    stderr.write(`the page: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  try {
    return await servePage({ ...options, onError });
  } catch (error) {
    const code = errorCode(error);
    if (code === "EACCES") throw new UserError(`port ${port} is for root alone`, "leave the option away: any free port");
    if (code !== "EADDRINUSE") throw error;
    const holder = await portHolder(port);
    throw new UserError(`port ${port} is in use${holder === undefined ? "" : ` by ${holder}`}`, "leave the option away: any free port");
  }
}
