import { hostname, userInfo } from "node:os";

/** Who runs this, as "ann@laptop". A uid without an entry in the user database, as containers often have, is known by its environment. */
export function personHere(env: NodeJS.ProcessEnv): string {
  return `${loginName(env) || "?"}@${hostname()}`;
}

/** The login name; empty where nothing tells it. */
export function loginName(env: NodeJS.ProcessEnv): string {
  try {
    return userInfo().username;
  } catch {
    return env.USER ?? env.LOGNAME ?? "";
  }
}
