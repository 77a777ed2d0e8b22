import { UserError } from "../common/errors.ts";
import { type Engine, EngineError } from "../docker/engine.ts";
import { type Listener, parseListeners } from "../docker/listening.ts";
import { parseReport, programFunctions, type RunningProgram } from "./probe-script.ts";

/** What a container really runs, and whether it answers. */
export interface Proof {
  /** Undefined where nothing runs at the moment: the container is stopped, restarting or just starting. */
  readonly program: RunningProgram | undefined;
  /** Whether the health check that was given passed; true without one. */
  readonly answers: boolean;
}

/** What the engine says where an image has no shell; it ends with the same codes where the container ended in this very moment. */
const lacks = /exec: "sh"/;

const nothing: Proof = { program: undefined, answers: false };

/** Just after a start the supervisor still verifies what it is to run, and between two programs there is none. */
const script = `${programFunctions}
tries=0
until program; do
  [ $((tries += 1)) -lt 100 ] || exit 3
  sleep 0.01
done
report || exit 3
"$@" >/dev/null 2>&1 || exit 4
`;

/**
 * Looks inside a container at its program: the hash is that of the file which the process was started from, not what anybody asked for.
 * One call of the engine's exec.
 * @param healthCheck a command inside the container; also run where it is given
 * @throws UserError where the image does not allow to look; EngineError where no engine answers
 */
export async function proveRunning(
  engine: Pick<Engine, "exec">,
  container: string,
  healthCheck: readonly string[] = ["true"],
): Promise<Proof> {
  try {
    const { exitCode, stdout, output } = await engine.exec(container, ["sh", "-c", script, "sh", ...healthCheck]);
    const program = parseReport(stdout);
    if (program !== undefined) return { program, answers: exitCode === 0 };
    if (stdout.includes("unreadable") || ((exitCode === 126 || exitCode === 127) && lacks.test(output))) {
      throw new UserError(
        `what container ${container} runs cannot be read back: ${output.trim() || `the check ended with ${exitCode}`}`,
        "its image has to bring sh, sha256sum and date, and its program has to run as the container's user",
      );
    }
    return nothing;
  } catch (error) {
    // 404: no such container; 409: it does not run; 500: it ended in this very moment.
    if (error instanceof EngineError && error.status !== undefined) return nothing;
    throw error;
  }
}

/** How often the next script looks, and how long it sleeps in between: about three seconds. */
const looks = 100;

/** Looking from inside costs a hundredth of a call of exec. */
const patientScript = `${programFunctions}
looks=0
until program && "$@" >/dev/null 2>&1; do
  [ $((looks += 1)) -lt ${looks} ] || exit 4
  sleep 0.03
done
report || exit 3
cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
exit 0
`;

/** A program that answers, and what listens in its container. */
export interface AnsweringProgram extends RunningProgram {
  readonly listeners: readonly Listener[];
}

/**
 * Waits some seconds inside a container until its program answers.
 * @param healthCheck a command inside the container
 * @param signal ends the waiting
 * @returns the program that answered; undefined where none did by then, or the container ended
 * @throws EngineError where no engine answers
 */
export async function awaitAnswer(
  engine: Pick<Engine, "exec">,
  container: string,
  healthCheck: readonly string[],
  signal?: AbortSignal,
): Promise<AnsweringProgram | undefined> {
  try {
    const command = ["sh", "-c", patientScript, "sh", ...healthCheck];
    const { exitCode, stdout } = await engine.exec(container, command, { signal });
    const program = exitCode === 0 ? parseReport(stdout) : undefined;
    return program && { ...program, listeners: parseListeners(stdout) };
  } catch (error) {
    if (signal?.aborted === true) return undefined;
    if (error instanceof EngineError && error.status !== undefined) return undefined;
    throw error;
  }
}

/** The container's program alone. @returns undefined where nothing runs at the moment */
export async function readRunning(engine: Pick<Engine, "exec">, container: string): Promise<RunningProgram | undefined> {
  return (await proveRunning(engine, container)).program;
}
