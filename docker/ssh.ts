import type { Duplex } from "node:stream";
import { ProgramStream } from "../common/program-stream.ts";
import { EngineError } from "./error.ts";

/**
 * A connection to the engine of another machine, through the user's own ssh with their keys, agent, known hosts and configuration,
 * the way the docker command does it.
 * @param url ssh://[user@]host[:port]
 */
export function sshStream(url: URL, env: NodeJS.ProcessEnv): Duplex {
  return new SshSocket("ssh", sshArguments(url), env, (what) => new EngineError(`ssh ${what}`));
}

/** Pure. Options as the docker command gives them, and no question ever: nobody may be there to answer. */
export function sshArguments(url: URL): string[] {
  const user = url.username === "" ? [] : ["-l", decodeURIComponent(url.username)];
  const port = url.port === "" ? [] : ["-p", url.port];
  return ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", ...user, ...port, "--", url.hostname, "docker", "system", "dial-stdio"];
}

/** What node's http asks of a socket beyond a stream. */
class SshSocket extends ProgramStream {
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
