import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../common/errors.ts";
import { run } from "../../common/process.ts";
import { Engine } from "../../docker/engine.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { aptInstall, canInstallPackages } from "../../toolchain/apt.ts";
import { asUser, engineFolder, runtimeFolder, type User, unprivileged, userEnv } from "./engine-user.ts";
import type { OwnEngine } from "./own-engine.ts";

/** What Docker needs to run as a user. Docker itself is not installed: Debian's package would take the place of another one. */
const packages = ["rootlesskit", "uidmap", "slirp4netns"];

const script = "dockerd-rootless.sh";

/** A Docker that runs as a user, with a socket and data of its own. It ends with this process. */
export class RootlessDocker implements OwnEngine {
  readonly host: string;
  private readonly folder: string;
  private readonly daemon: ChildProcess;

  private constructor(folder: string, user: User, starter: string) {
    this.folder = folder;
    this.host = `unix://${runtimeFolder(folder)}/docker.sock`;
    const [program, ...args] = asUser(user, folder, ["--pdeathsig", "TERM"], ["sh", starter, "--data-root", join(folder, "data")]);
    const flags = { DOCKERD_ROOTLESS_ROOTLESSKIT_FLAGS: `--state-dir=${join(runtimeFolder(folder), "rootlesskit")}` };
    const env = { ...process.env, ...userEnv(user, folder), ...flags, DOCKER_HOST: undefined };
    this.daemon = spawn(program, args, { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"] });
    const log = createWriteStream(join(folder, "log"));
    this.daemon.stdout?.pipe(log, { end: false });
    this.daemon.stderr?.pipe(log, { end: false });
  }

  /** Installs what is missing beside Docker. @returns why it cannot be had, where it cannot */
  static async start(): Promise<RootlessDocker | string> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return "starting a Docker as somebody else needs Linux and root";
    const starter = await findStarter();
    if (starter === undefined)
      return `${script} is not there: it comes with Debian's docker.io, and with Docker's docker-ce-rootless-extras`;
    const problem = await installed();
    if (problem !== undefined) return problem;
    const user = await unprivileged();
    if (typeof user === "string") return user;
    const folder = await engineFolder("docker", user);
    const engine = new RootlessDocker(folder, user, starter);
    try {
      await waitFor(() => Engine.connect({ DOCKER_HOST: engine.host }).ping(), { what: "Docker answers", timeoutMs: 60_000 });
      return engine;
    } catch (error) {
      const log = readFileSync(join(folder, "log"), "utf8");
      await engine.stop();
      throw new Error(`Docker did not start:\n${log}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    if (this.daemon.exitCode === null && this.daemon.signalCode === null) {
      const ended = once(this.daemon, "exit");
      this.daemon.kill("SIGTERM");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Debian keeps it among the examples. */
async function findStarter(): Promise<string | undefined> {
  const { code, stdout } = await run("sh", ["-c", `command -v ${script}`], { env: process.env });
  const path = code === 0 ? stdout.trim() : `/usr/share/docker.io/contrib/${script}`;
  return existsSync(path) ? path : undefined;
}

/** @returns why something is missing */
async function installed(): Promise<string | undefined> {
  const { env } = process;
  const { code } = await run("sh", ["-c", "command -v rootlesskit newuidmap slirp4netns"], { env });
  if (code === 0) return undefined;
  if (!canInstallPackages()) return `one of ${packages.join(", ")} is not installed, and no package of Debian's can be`;
  return await aptInstall(packages, env, () => undefined).then(() => undefined, errorMessage);
}
