import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { Engine } from "../../docker/engine.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { join } from "../../tunnel/relay.ts";
import { root, run } from "./nitro.ts";

/** What starts it has to be root on Linux. */
export const canRunSecondEngine = process.platform === "linux" && process.getuid?.() === 0;

export interface SecondEngineOptions {
  /** It sees this machine's files, so that executables can be mounted. */
  readonly seesFiles?: boolean;
  /** Its network is this namespace, made by others, and its machine has that name. */
  readonly machine?: { readonly namespace: string; readonly hostname: string };
  /** Further arguments of its program. */
  readonly arguments?: readonly string[];
}

/**
 * A container engine as if on another machine: unless told otherwise it sees neither this project nor the temporary folder, has a loopback and
 * a network of its own, and answers on a TCP port. It ends with this process.
 */
export class SecondEngine {
  /** For DOCKER_HOST. */
  readonly host: string;
  private readonly proxy: Server;
  private readonly folder: string;
  private readonly options: SecondEngineOptions;
  private daemon: ChildProcess | undefined;
  /** Takes calls and answers none, as where its machine is lost. */
  silent = false;

  private constructor(proxy: Server, folder: string, options: SecondEngineOptions) {
    this.proxy = proxy;
    this.folder = folder;
    this.options = options;
    this.host = `tcp://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  }

  static async start(options: SecondEngineOptions = {}): Promise<SecondEngine> {
    mkdirSync("/var/lib", { recursive: true });
    const folder = mkdtempSync("/var/lib/nitro-e2e-engine-");
    const path = joinPath(folder, "engine.sock");
    const proxy = createServer({ allowHalfOpen: true }, (client) => {
      if (engine.silent) client.on("error", () => undefined);
      else join(client, connect({ path, allowHalfOpen: true }));
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    const engine = new SecondEngine(proxy, folder, options);
    try {
      await engine.startDaemon();
      return engine;
    } catch (error) {
      const text = readFileSync(joinPath(folder, "log"), "utf8");
      await engine.stop();
      throw new Error(`the second engine did not start:\n${text}`, { cause: error });
    }
  }

  /** Ends it as the machine's shutdown does, its containers too, and starts it again. Resolves when it answers. */
  async restart(): Promise<void> {
    await this.stopDaemon();
    await this.startDaemon();
  }

  /** Where it listens on this machine's file system. */
  get socket(): string {
    return joinPath(this.folder, "engine.sock");
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
    await this.stopDaemon();
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

  private async startDaemon(): Promise<void> {
    const { folder } = this;
    const hidden = this.options.seesFiles === true ? [] : outermost([root, tmpdir()]);
    const hide = [...hidden, "/run/containerd"].map((path) => `mkdir -p '${path}'; mount -t tmpfs hidden '${path}'`);
    const places = ["--data-root", `${folder}/data`, "--exec-root", `${folder}/exec`, "--pidfile", `${folder}/pid`];
    const { machine } = this.options;
    const name = machine === undefined ? [] : [`hostname ${machine.hostname}`];
    const script = ["set -e", "ip link set lo up", ...name, ...hide, 'exec dockerd "$@"'].join("\n");
    const network = machine === undefined ? [] : ["nsenter", `--net=/run/netns/${machine.namespace}`];
    const contained = ["--pdeathsig", "TERM", ...network, "unshare", "--mount", machine === undefined ? "--net" : "--uts"];
    const further = this.options.arguments ?? [];
    const command = [...contained, "--propagation", "private", "sh", "-c", script, "sh", ...places, ...further];
    command.push("--host", `unix://${folder}/engine.sock`);
    const daemon = spawn("setpriv", command, { cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
    this.daemon = daemon;
    const log = createWriteStream(joinPath(folder, "log"), { flags: "a" });
    daemon.stdout.pipe(log, { end: false });
    daemon.stderr.pipe(log, { end: false });
    await waitFor(
      async () => {
        if (daemon.exitCode !== null) return "ended";
        await this.connect().ping();
        return "answers";
      },
      { what: "the second engine answers", timeoutMs: 60_000, intervalMs: 200 },
    );
    if (daemon.exitCode !== null) throw new Error(`dockerd ended with ${daemon.exitCode}`);
  }

  private async stopDaemon(): Promise<void> {
    const { daemon } = this;
    if (daemon === undefined || daemon.exitCode !== null || daemon.signalCode !== null) return;
    const ended = once(daemon, "exit");
    daemon.kill("SIGTERM");
    const hurry = setTimeout(() => daemon.kill("SIGKILL"), 30_000);
    await ended;
    clearTimeout(hurry);
  }
}

/** Folders without those inside another one of them. */
function outermost(folders: readonly string[]): string[] {
  return folders.filter((path, index, all) => !all.slice(0, index).some((other) => path.startsWith(`${other}/`)));
}
