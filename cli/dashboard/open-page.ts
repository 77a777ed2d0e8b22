import type { Context } from "../../common/context.ts";
import { errorCode, UserError } from "../../common/errors.ts";
import { portHolder } from "../../common/ports.ts";
import type { Route } from "../../dashboard/routes.ts";
import { type ServedPage, servePage } from "../../dashboard/server.ts";

/**
 * Serves a page, and writes what goes wrong while it is served to standard error.
 * @param port 0: any free one
 * @param onOpen called when somebody asks for the page itself
 * @throws UserError where the port cannot be listened on
 */
export async function openPage(
  port: number,
  routes: readonly Route[],
  { stderr }: Pick<Context, "stderr">,
  onOpen?: () => void,
): Promise<ServedPage> {
  const onError = (error: unknown) =>
    stderr.write(`the page: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  try {
    return await servePage({ port, routes, onOpen, onError });
  } catch (error) {
    const code = errorCode(error);
    if (code === "EACCES") throw new UserError(`port ${port} is for root alone`, "leave the option away: any free port");
    if (code !== "EADDRINUSE") throw error;
    const holder = await portHolder(port);
    throw new UserError(`port ${port} is in use${holder === undefined ? "" : ` by ${holder}`}`, "leave the option away: any free port");
  }
}
