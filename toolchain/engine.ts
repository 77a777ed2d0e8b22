import { existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { errorCode, UserError } from "../common/errors.ts";
import { withLock } from "../common/lock.ts";
import { run, startApart, tail } from "../common/process.ts";
import type { Steps } from "../common/steps.ts";
import { waitUntil } from "../common/waiting.ts";
import { Engine } from "../docker/engine.ts";
import { EngineError } from "../docker/error.ts";
import { engineAnswers } from "../docker/waiting/engine-answers.ts";
import { canInstallPackages, installPackages } from "./apt.ts";
import { nitroHome } from "./home.ts";

/** Longest wait for an engine that was just started. */
const startLimits = { timeoutMs: 60_000, intervalMs: 100 };

/**
 * Finds the container engine that the environment names; on Debian and its like, as root and where the environment names none, installs
 * and starts one.
 * @throws UserError that says how to get one
 */
export async function ensureEngine(env: NodeJS.ProcessEnv, steps: Steps): Promise<Engine> {
  const engine = Engine.connect(env);
  const problem = await ping(engine);
  if (problem === undefined) return engine;
  const chosen = Boolean(env.DOCKER_HOST || env.DOCKER_CONTEXT) || engine.host !== "unix:///var/run/docker.sock";
  if (chosen || !canInstallPackages() || !isAbsent(problem)) throw advice(problem);
  return withLock(join(nitroHome(env), "locks", "engine"), async () => {
    if ((await ping(engine)) === undefined) return engine;
    // A stand-alone docker command on PATH is no engine.
    if (daemon() === undefined) await installPackages(["docker.io", "iptables"], env, steps);
    if ((await ping(engine)) !== undefined) await start(engine, env, steps);
    return engine;
  });
}

async function ping(engine: Engine): Promise<EngineError | undefined> {
  try {
    await engine.ping();
    return undefined;
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}

/** True where nothing listens: an engine that answers with an error, or does not let us in, is left alone. */
function isAbsent(problem: EngineError): boolean {
  return ["ENOENT", "ECONNREFUSED"].includes(errorCode(problem.cause) ?? "");
}

function advice(problem: EngineError): UserError {
  if (!isAbsent(problem)) return problem;
  const hints: Partial<Record<NodeJS.Platform, string>> = {
    darwin: "start Docker Desktop, colima or another engine; to install one: brew install colima docker && colima start",
    linux: "start it (systemctl start docker), or install Docker Engine with your system's packages; DOCKER_HOST names an engine elsewhere",
  };
  return new UserError(problem.message, hints[process.platform] ?? problem.hint, { cause: problem });
}

async function start(engine: Engine, env: NodeJS.ProcessEnv, steps: Steps): Promise<void> {
  await steps.run("container engine started", async () => {
    if (existsSync("/run/systemd/system")) {
      const result = await run("systemctl", ["start", "docker"], { env });
      if (result.code !== 0) throw new UserError(`docker does not start:\n${tail(result.output)}`, "journalctl -u docker");
    } else {
      await startDaemon(env);
    }
    await waitUntil(engineAnswers(engine), startLimits, `less ${daemonLog(env)}`);
  });
}

/** Where packages put it: Debian's docker.io and Docker's own docker-ce. */
function daemon(): string | undefined {
  return ["/usr/sbin/dockerd", "/usr/bin/dockerd"].find((path) => existsSync(path));
}

function daemonLog(env: NodeJS.ProcessEnv): string {
  return join(nitroHome(env), "logs", "dockerd.log");
}

async function startDaemon(env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(join(nitroHome(env), "logs"), { recursive: true });
  const log = openSync(daemonLog(env), "a");
  // dockerd looks for containerd, runc and iptables on PATH.
  const PATH = `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${env.PATH ?? ""}`;
  await startApart(daemon() ?? "dockerd", [], { ...env, PATH }, log);
}
