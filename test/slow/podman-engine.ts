import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../common/errors.ts";
import { ifPresentSync } from "../../common/files.ts";
import { run, runWell } from "../../common/process.ts";
import { Engine } from "../../docker/engine.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { aptInstall, canInstallPackages } from "../../toolchain/apt.ts";
import { asUser, engineFolder, type User, unprivileged, userEnv } from "./engine-user.ts";
import type { OwnEngine } from "./own-engine.ts";

/** Debian's podman with what it only recommends: the init of containers, networks with names, what a user's needs. */
const packages = ["podman", "catatonit", "netavark", "aardvark-dns", "uidmap", "slirp4netns"];

/** Podman's API on a socket of its own, with images, containers, volumes and networks of its own. */
export class PodmanEngine implements OwnEngine {
  readonly host: string;
  private readonly folder: string;
  private readonly user: User | undefined;
  private readonly service: ChildProcess;

  private constructor(folder: string, user: User | undefined) {
    this.folder = folder;
    this.user = user;
    this.host = `unix://${folder}/podman.sock`;
    const log = createWriteStream(join(folder, "log"));
    const [program, ...args] = this.command("--pdeathsig", "TERM");
    this.service = spawn(program, [...args, "system", "service", "--time", "0", this.host], {
      cwd: "/",
      env: this.env(),
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    this.service.stdout?.pipe(log, { end: false });
    this.service.stderr?.pipe(log, { end: false });
  }

  /**
   * Installs podman where it is missing.
   * @param options rootless: it runs as the first user of this machine who has subordinate ids
   * @returns why it cannot be had, where it cannot
   */
  static async start({ rootless }: { rootless: boolean }): Promise<PodmanEngine | string> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return "podman with storage of its own needs Linux and root";
    const problem = await installed();
    if (problem !== undefined) return problem;
    const user = rootless ? await unprivileged() : undefined;
    if (typeof user === "string") return user;
    const folder = await engineFolder("podman", user);
    writeFileSync(join(folder, "containers.conf"), configuration());
    const engine = new PodmanEngine(folder, user);
    try {
      await waitFor(() => Engine.connect({ DOCKER_HOST: engine.host }).ping(), { what: "podman answers", timeoutMs: 60_000 });
      return engine;
    } catch (error) {
      const log = readFileSync(join(folder, "log"), "utf8");
      await engine.stop();
      throw new Error(`podman did not start:\n${log}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    const { pid, exitCode, signalCode } = this.service;
    if (pid !== undefined && exitCode === null && signalCode === null) {
      // A user's podman is two processes, of which the first tells the second nothing. Both have closed what they write to when they are gone.
      const ended = once(this.service, "close");
      process.kill(-pid, "SIGTERM");
      await ended;
    }
    // It knows its mounts and networks best.
    const [program, ...args] = this.command();
    await runWell(program, [...args, "system", "reset", "--force"], { env: this.env(), cwd: "/" });
    // What keeps a user's namespaces goes on without podman.
    const keeper = ifPresentSync(() => Number(readFileSync(join(this.folder, "tmp", "pause.pid"), "utf8")));
    if (keeper !== undefined) await run("kill", [String(keeper)], { env: process.env });
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** @param options of setpriv */
  private command(...options: string[]): [string, ...string[]] {
    const podman = ["podman", ...this.places()];
    if (this.user === undefined) return ["setpriv", ...options, ...podman];
    return asUser(this.user, this.folder, options, podman);
  }

  private env(): NodeJS.ProcessEnv {
    const env = { ...process.env, CONTAINERS_CONF: join(this.folder, "containers.conf") };
    return this.user === undefined ? env : { ...env, ...userEnv(this.user, this.folder) };
  }

  private places(): string[] {
    const at = (name: string) => join(this.folder, name);
    return [
      ...["--root", at("data"), "--runroot", at("run"), "--tmpdir", at("tmp"), "--volumepath", at("volumes")],
      ...["--network-config-dir", at("networks"), "--cgroup-manager", "cgroupfs", "--events-backend", "file"],
    ];
  }
}

/** @returns why podman is not there, where it is not */
async function installed(): Promise<string | undefined> {
  const { env } = process;
  if (canInstallPackages()) {
    const { stdout } = await run("dpkg", ["--status", ...packages], { env });
    if (stdout.match(/^Status: \w+ ok installed$/gm)?.length === packages.length) return undefined;
    return await aptInstall(packages, env, () => undefined).then(() => undefined, errorMessage);
  }
  return (await run("podman", ["--version"], { env })).code === 0
    ? undefined
    : "podman is not installed, and no package of Debian's can be";
}

/**
 * Podman raises limits of its containers above what root may have on some machines; and it keeps what ran a command for five minutes, of which
 * there are hundreds in a test.
 */
function configuration(): string {
  const limit = (name: string) =>
    Number(new RegExp(`^${name} +\\S+ +(\\d+)`, "m").exec(readFileSync("/proc/self/limits", "utf8"))?.[1] ?? 1024);
  // It lowers its own to the number of processes that there may be.
  const processes = Math.min(limit("Max processes"), Number(readFileSync("/proc/sys/kernel/pid_max", "utf8")));
  const limits = [`nofile=${limit("Max open files")}`, `nproc=${processes}`].map((text) => `"${text.replace(/=(\d+)/, "=$1:$1")}"`);
  return `[containers]\ndefault_ulimits = [${limits.join(", ")}]\n[engine]\nexit_command_delay = 5\n`;
}
