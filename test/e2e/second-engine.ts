import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { Engine } from "../../cli/docker.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { join } from "../../tunnel/relay.ts";
import { root, run } from "./nitro.ts";

/** What starts it has to be root on Linux. */
export const canRunSecondEngine = process.platform === "linux" && process.getuid?.() === 0;

/**
 * A container engine as if on another machine: it sees neither this project nor the temporary folder, has a loopback and a network of its
 * own, and answers on a TCP port. It ends with this process.
 */
export class SecondEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  private readonly daemon: ChildProcess;
  private readonly proxy: Server;
  private readonly folder: string;

  private constructor(daemon: ChildProcess, proxy: Server, folder: string) {
    this.daemon = daemon;
    this.proxy = proxy;
    this.folder = folder;
    this.host = `tcp://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  }

  static async start(): Promise<SecondEngine> {
    mkdirSync("/var/lib", { recursive: true });
    const folder = mkdtempSync("/var/lib/nitro-e2e-engine-");
    const socket = joinPath(folder, "engine.sock");
    const log = joinPath(folder, "log");
    const hidden = [root, tmpdir()].filter((path, index, all) => !all.slice(0, index).some((other) => path.startsWith(`${other}/`)));
    const hide = [
      ...hidden.map((path) => `mount -t tmpfs hidden '${path}'`),
      "mkdir -p /run/containerd",
      "mount -t tmpfs hidden /run/containerd",
    ];
    const places = [
      "--data-root",
      `${folder}/data`,
      "--exec-root",
      `${folder}/exec`,
      "--pidfile",
      `${folder}/pid`,
      "--host",
      `unix://${socket}`,
    ];
    const script = ["set -e", "ip link set lo up", ...hide, 'exec dockerd "$@"'].join("\n");
    const contained = ["--pdeathsig", "TERM", "unshare", "--mount", "--net", "--propagation", "private"];
    const daemon = spawn("setpriv", [...contained, "sh", "-c", script, "sh", ...places], { cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    const file = createWriteStream(log);
    daemon.stdout.pipe(file, { end: false });
    daemon.stderr.pipe(file, { end: false });
    const proxy = createServer({ allowHalfOpen: true }, (client) => join(client, connect({ path: socket, allowHalfOpen: true }))).listen(
      0,
      "127.0.0.1",
    );
    await once(proxy, "listening");
    const engine = new SecondEngine(daemon, proxy, folder);
    try {
      await waitFor(
        async () => {
          if (daemon.exitCode !== null) return "ended";
          await engine.connect().ping();
          return "answers";
        },
        { what: "the second engine answers", timeoutMs: 60_000, intervalMs: 200 },
      );
      if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}`);
      return engine;
    } catch (error) {
      const text = readFileSync(log, "utf8");
      await engine.stop();
      throw new Error(`the second engine did not start:\n${text}`, { cause: error });
    }
  }

  connect(): Engine {
    return Engine.connect({ DOCKER_HOST: this.host });
  }

  /** Copies images of this machine's engine. */
  async load(refs: readonly string[]): Promise<void> {
    const names = refs.map((ref) => `'${ref}'`).join(" ");
    const { code, stderr } = await run("sh", ["-c", `docker save ${names} | docker --host ${this.host} load`]);
    if (code !== 0) throw new Error(`the images could not be copied:\n${stderr}`);
  }

  /** Ends it, its containers and its data. */
  async stop(): Promise<void> {
    if (this.daemon.exitCode === null && this.daemon.signalCode === null) {
      const ended = once(this.daemon, "exit");
      this.daemon.kill("SIGTERM");
      const hurry = setTimeout(() => this.daemon.kill("SIGKILL"), 30_000);
      await ended;
      clearTimeout(hurry);
    }
    this.proxy.close();
    // Its containers' processes hold its mounts for a moment longer.
    await waitFor(
      () => {
        rmSync(this.folder, { recursive: true, force: true });
        return true;
      },
      { what: `${this.folder} is gone` },
    );
  }
}
