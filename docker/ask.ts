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
  /** By name, in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

const answerMs = 3_000;

/** What is asked besides the path: a GET without a body by default. */
export interface Asking {
  readonly method?: "POST" | "PUT" | "DELETE";
  readonly json?: string;
}

/**
 * Asks a container by HTTP. On another machine that is done inside of it, by its curl: that needs no tunnel.
 * @returns undefined where no answer comes within three seconds, or it cannot be asked
 */
export async function askContainer(
  engine: Pick<Engine, "exec" | "host">,
  { name, innerPort, hostPort }: AskedContainer,
  path: string,
  { method, json }: Asking = {},
): Promise<ContainerAnswer | undefined> {
  try {
    if (isRemote(engine)) {
      const body = json === undefined ? [] : ["-H", "content-type: application/json", "--data-binary", "@-"];
      const given = [...(method === undefined ? [] : ["-X", method]), ...body];
      const limits = ["-isS", "-m", String(answerMs / 1000)];
      const command = ["curl", ...limits, ...given, `http://127.0.0.1:${innerPort}${path}`];
      const { exitCode, stdout } = await engine.exec(name, command, json === undefined ? {} : { stdin: json });
      return exitCode === 0 ? parseAnswer(stdout) : undefined;
    }
    if (hostPort === undefined) return undefined;
    const given = {
      ...(method && { method }),
      ...(json === undefined ? {} : { body: json, headers: { "content-type": "application/json" } }),
    };
    const answer = await fetch(`http://127.0.0.1:${hostPort}${path}`, { ...given, signal: AbortSignal.timeout(answerMs) });
    return { status: answer.status, headers: new Map(answer.headers), text: await answer.text() };
  } catch {
    return undefined;
  }
}

/** An answer as curl writes it, headers first. */
function parseAnswer(text: string): ContainerAnswer {
  const end = text.indexOf("\r\n\r\n");
  const [first = "", ...lines] = text.slice(0, end).split("\r\n");
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
  });
  return { status: Number(first.split(" ")[1]), headers: new Map(headers), text: text.slice(end + 4) };
}
