import type { ContainerDetails, Engine } from "./engine.ts";
import { isRemote } from "./remote.ts";

/** A container that answers HTTP. */
export interface AskedContainer extends Pick<ContainerDetails, "name"> {
  /** The port at which it listens itself. */
  readonly innerPort: number;
  /** Where the engine's machine has that port, on 127.0.0.1; undefined where it does not run. */
  readonly hostPort: number | undefined;
}

export interface ContainerAnswer {
  /** The HTTP status. */
  readonly status: number;
  readonly text: string;
}

const answerMs = 3_000;

/**
 * Asks a container by HTTP. On another machine that is done inside of it, by its curl: that needs no tunnel.
 * @param json a body, which makes it a POST
 * @returns undefined where no answer comes within three seconds, or it cannot be asked
 */
export async function askContainer(
  engine: Pick<Engine, "exec" | "host">,
  { name, innerPort, hostPort }: AskedContainer,
  path: string,
  json?: string,
): Promise<ContainerAnswer | undefined> {
  try {
    if (isRemote(engine)) {
      const given = json === undefined ? [] : ["-H", "content-type: application/json", "--data-binary", "@-"];
      const limits = ["-sS", "-m", String(answerMs / 1000), "-w", "\n%{http_code}"];
      const command = ["curl", ...limits, ...given, `http://127.0.0.1:${innerPort}${path}`];
      const { exitCode, stdout } = await engine.exec(name, command, json === undefined ? {} : { stdin: json });
      if (exitCode !== 0) return undefined;
      const end = stdout.lastIndexOf("\n");
      return { status: Number(stdout.slice(end + 1)), text: stdout.slice(0, end) };
    }
    if (hostPort === undefined) return undefined;
    const post = json === undefined ? {} : { method: "POST", body: json, headers: { "content-type": "application/json" } };
    const answer = await fetch(`http://127.0.0.1:${hostPort}${path}`, { ...post, signal: AbortSignal.timeout(answerMs) });
    return { status: answer.status, text: await answer.text() };
  } catch {
    return undefined;
  }
}
