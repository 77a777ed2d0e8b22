import { PassThrough } from "node:stream";
import { type Engine, EngineError, type ExecResult } from "../docker/engine.ts";
import { parseReport, programFunctions, type RunningProgram } from "./probe-script.ts";
import { binPath } from "./staging.ts";

/**
 * How a replacement ended where it did not do what it should.
 * - ended: the program ended as soon as it ran
 * - lost: the container ended before the program was seen running, with the one before or with this one
 * - silent: it runs and did not answer in time
 * - refused: the supervisor did not start it in time; its log says why
 * - unsupervised: no supervisor of ours runs in the container
 * - absent: the container does not run
 */
export type ReplacementFailure = "ended" | "lost" | "silent" | "refused" | "unsupervised" | "absent";

/** How a replacement ended; done: the program answers, and this is what it is. */
export type Replaced = { readonly kind: "done"; readonly program: RunningProgram } | { readonly kind: ReplacementFailure };

/** A command that waits inside a container for the hash of the next executable: the time to start it is spent beforehand. */
export interface ArmedReplacement {
  /** Replaces the container's program by the staged executable, where it does not run already. Once only. */
  replaceBy(sha256: string): Promise<Replaced>;
  /** The container ended meanwhile, and the waiting with it. */
  readonly over: boolean;
  /** Gives up; nothing happens after `replaceBy`. */
  disarm(): void;
}

/** Seconds from the signal until the program runs and answers. */
export const replacementLimit = 15;

const codes: Readonly<Record<number, ReplacementFailure>> = { 3: "lost", 4: "unsupervised", 5: "ended", 6: "refused", 7: "silent" };

/**
 * SIGHUP comes from inside the container and not from the engine's API: engines take any signal sent by it for the wish to stop the container,
 * and do not restart it any more when it crashes. Everything else is watched there too, since a call of exec costs more than all of it.
 */
const script = `${programFunctions}
read -r wanted || exit 0
limit=$1
shift
read -r up rest < /proc/uptime
end=$((\${up%.*} + limit))
late() {
  read -r up rest < /proc/uptime
  [ "\${up%.*}" -gt "$end" ]
}
until program; do
  if late; then exit 3; fi
  sleep 0.005
done
[ "$supervisor" != 0 ] && kill -HUP "$supervisor" || exit 4
until program && [ "/proc/$pid/exe" -ef "${binPath}/$wanted/payments" ]; do
  if late; then exit 6; fi
  sleep 0.005
done
echo seen
until "$@" >/dev/null 2>&1; do
  [ -d "/proc/$pid" ] || exit 5
  if late; then exit 7; fi
  sleep 0.01
done
report || exit 5
`;

/**
 * Starts a command in a container that waits for what is to be replaced.
 * @param healthCheck a command inside the container that tells that the program answers
 */
export function armReplacement(engine: Pick<Engine, "exec">, container: string, healthCheck: readonly string[]): ArmedReplacement {
  const stdin = new PassThrough();
  const command = ["sh", "-c", script, "sh", String(replacementLimit), ...healthCheck];
  const result = engine.exec(container, command, { stdin }).then(outcome, absent);
  // Whoever never asks for the result is not to end by its error.
  let over = false;
  const end = () => {
    over = true;
  };
  result.then(end, end);
  return {
    get over() {
      return over;
    },
    replaceBy(sha256) {
      stdin.end(`${sha256}\n`);
      return result;
    },
    disarm: () => void stdin.end(),
  };
}

function outcome({ exitCode, stdout }: ExecResult): Replaced {
  const program = exitCode === 0 ? parseReport(stdout) : undefined;
  if (program !== undefined) return { kind: "done", program };
  // Any other code comes from the container's end, which takes this command with it.
  return { kind: codes[exitCode] ?? (stdout.includes("seen") ? "ended" : "lost") };
}

function absent(error: unknown): Replaced {
  if (error instanceof EngineError && error.status !== undefined) return { kind: "absent" };
  throw error;
}
