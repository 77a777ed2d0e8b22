import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../common/errors.ts";
import { run, runWell } from "../../common/process.ts";
import { Engine } from "../../docker/engine.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { aptInstall, canInstallPackages } from "../../toolchain/apt.ts";

/** Debian's podman with what it only recommends: the init of containers, networks with names, mapped ids. */
const packages = ["podman", "catatonit", "netavark", "aardvark-dns", "uidmap"];

/** Podman's API on a socket of its own, with images, containers, volumes and networks of its own, as root. It ends with this process. */
export class PodmanEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  private readonly folder: string;
  private readonly service: ChildProcess;

  private constructor(folder: string) {
    this.folder = folder;
    this.host = `unix://${folder}/podman.sock`;
    const log = createWriteStream(join(folder, "log"));
    const env = { ...process.env, CONTAINERS_CONF: join(folder, "containers.conf") };
    const command = ["--pdeathsig", "TERM", "podman", ...this.places(), "system", "service", "--time", "0", this.host];
    this.service = spawn("setpriv", command, { cwd: "/", env, stdio: ["ignore", "pipe", "pipe"] });
    this.service.stdout?.pipe(log, { end: false });
    this.service.stderr?.pipe(log, { end: false });
  }

  /** Installs podman where it is missing. @returns why it cannot be had, where it cannot */
  static async start(): Promise<PodmanEngine | string> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return "podman with storage of its own needs Linux and root";
    if ((await run("podman", ["--version"], { env: process.env })).code !== 0) {
      if (!canInstallPackages()) return "podman is not installed, and no package of Debian's can be";
      const problem = await aptInstall(packages, process.env, () => undefined).then(() => undefined, errorMessage);
      if (problem !== undefined) return problem;
    }
    mkdirSync("/var/lib", { recursive: true });
    const folder = mkdtempSync("/var/lib/nitro-podman-");
    writeFileSync(join(folder, "containers.conf"), configuration());
    const engine = new PodmanEngine(folder);
    try {
      await waitFor(() => Engine.connect({ DOCKER_HOST: engine.host }).ping(), { what: "podman answers", timeoutMs: 60_000 });
      return engine;
    } catch (error) {
      const log = readFileSync(join(folder, "log"), "utf8");
      await engine.stop();
      throw new Error(`podman did not start:\n${log}`, { cause: error });
    }
  }

  /** Ends it, its containers and its data. */
  async stop(): Promise<void> {
    if (this.service.exitCode === null && this.service.signalCode === null) {
      const ended = once(this.service, "exit");
      this.service.kill("SIGTERM");
      await ended;
    }
    // It knows its mounts and networks best.
    await runWell("podman", [...this.places(), "system", "reset", "--force"], { env: process.env });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private places(): string[] {
    const at = (name: string) => join(this.folder, name);
    return [
      ...["--root", at("data"), "--runroot", at("run"), "--tmpdir", at("tmp"), "--volumepath", at("volumes")],
      ...["--network-config-dir", at("networks"), "--cgroup-manager", "cgroupfs", "--events-backend", "file"],
    ];
  }
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
