import { spawn } from "node:child_process";
import { Duplex } from "node:stream";
import { EngineError } from "./error.ts";

/**
 * A connection to the engine of another machine, through the user's own ssh with their keys, agent, known hosts and configuration,
 * the way the docker command does it.
 * @param url ssh://[user@]host[:port]
 */
export function sshStream(url: URL, env: NodeJS.ProcessEnv): Duplex {
  const child = spawn("ssh", sshArguments(url), { stdio: ["pipe", "pipe", "pipe"], env });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-1000);
  });
  const stream = new SshSocket({
    read: () => child.stdout.resume(),
    write: (chunk, _encoding, done) => child.stdin.write(chunk, () => done()),
    final: (done) => child.stdin.end(() => done()),
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  // An ssh that ends early breaks the pipe first and says why a moment later.
  child.stdin.on("error", () => undefined);
  child.stdout.on("data", (chunk: Buffer) => {
    if (!stream.push(chunk)) child.stdout.pause();
  });
  child.on("error", (error) => stream.destroy(new EngineError(`ssh cannot be started: ${error.message}`)));
  child.on("close", (code) => {
    if (code === 0 || stream.destroyed) stream.push(null);
    else stream.destroy(new EngineError(`ssh ended with exit code ${code}: ${complaint.trim()}`));
  });
  return stream;
}

/** Pure. Options as the docker command gives them, and no question ever: nobody may be there to answer. */
export function sshArguments(url: URL): string[] {
  const user = url.username === "" ? [] : ["-l", decodeURIComponent(url.username)];
  const port = url.port === "" ? [] : ["-p", url.port];
  return ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30", ...user, ...port, "--", url.hostname, "docker", "system", "dial-stdio"];
}

/** What node's http asks of a socket beyond a stream. */
class SshSocket extends Duplex {
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
