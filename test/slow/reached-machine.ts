import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { errorMessage } from "../../common/errors.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { aptInstall, canInstallPackages } from "../../toolchain/apt.ts";
import { run } from "../e2e/nitro.ts";
import { SecondEngine } from "../e2e/second-engine.ts";

/** This machine's address towards the other one, and the other one's. */
const [near, far] = ["10.217.84.1", "10.217.84.2"];

const sshd = "/usr/sbin/sshd";

/**
 * A machine with a network of its own, a cable to this one, Debian's sshd and a container engine, which a client reaches as anywhere: by ssh with
 * a key, or by TCP with TLS and a certificate. Keys and certificates are made for it. It ends with this process.
 */
export class ReachedMachine {
  readonly engine: SecondEngine;
  /** For docker:host. */
  readonly ssh = `ssh://root@${far}`;
  readonly tcp = `tcp://${far}:2376`;
  /** For docker:certPath. */
  readonly certificates: string;
  /** Before PATH: has ssh use the key made for this, and nothing of the user's. */
  readonly path: string;
  private readonly folder: string;
  private readonly namespace: string;
  private readonly server: ChildProcess;

  private constructor(folder: string, namespace: string, engine: SecondEngine, server: ChildProcess) {
    this.folder = folder;
    this.namespace = namespace;
    this.engine = engine;
    this.server = server;
    this.certificates = join(folder, "client");
    this.path = join(folder, "bin");
  }

  /** Installs sshd where that starts none for the whole machine. @returns why it cannot be had, where it cannot */
  static async start(): Promise<ReachedMachine | string> {
    const problem = await sshdProblem();
    if (problem !== undefined) return problem;
    // The engine that is started sees nothing in the temporary folder.
    const folder = mkdtempSync("/var/lib/nitro-machine-");
    const namespace = `nitro${process.pid}`;
    const started: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true })];
    try {
      execFileSync("ip", ["netns", "add", namespace]);
      started.unshift(() => run("ip", ["netns", "del", namespace]));
      lay(namespace);
      makeCertificates(folder);
      const file = (name: string) => join(folder, "server", name);
      const tls = ["--tlsverify", "--tlscacert", file("ca.pem"), "--tlscert", file("cert.pem"), "--tlskey", file("key.pem")];
      const engine = await SecondEngine.start({
        machine: { namespace, hostname: "elsewhere" },
        arguments: ["--host", `tcp://${far}:2376`, ...tls],
      });
      started.unshift(() => engine.stop());
      const server = await startSshd(folder, namespace, engine.socket);
      return new ReachedMachine(folder, namespace, engine, server);
    } catch (error) {
      for (const undo of started) await undo();
      throw error;
    }
  }

  async stop(): Promise<void> {
    this.server.kill("SIGTERM");
    await this.engine.stop();
    await run("ip", ["netns", "del", this.namespace]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Debian starts what it installs: where a service manager runs, that would open this machine to the network. */
async function sshdProblem(): Promise<string | undefined> {
  if (existsSync(sshd)) return undefined;
  const missing = `${sshd} is not there (apt-get install openssh-server)`;
  if (!canInstallPackages()) return missing;
  if (existsSync("/run/systemd/system"))
    return `${missing}; it is not installed by a test, since it would listen on port 22 of this machine`;
  return await aptInstall(["openssh-server"], process.env, () => undefined).then(() => undefined, errorMessage);
}

/** Lays a cable from this machine to a namespace. It goes with the namespace. */
function lay(namespace: string): void {
  const ip = (...args: string[]) => execFileSync("ip", args);
  ip("link", "add", namespace, "type", "veth", "peer", "name", "eth0", "netns", namespace);
  ip("addr", "add", `${near}/30`, "dev", namespace);
  ip("link", "set", namespace, "up");
  ip("-n", namespace, "addr", "add", `${far}/30`, "dev", "eth0");
  ip("-n", namespace, "link", "set", "lo", "up");
  ip("-n", namespace, "link", "set", "eth0", "up");
}

/** An authority, a certificate of the engine and one of its clients, each in the folder that whoever it is for reads. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  openssl("req", "-x509", ...key, "-keyout", "ca-key.pem", "-out", "ca.pem", "-subj", "/CN=authority of the test");
  const uses = { server: [`subjectAltName=IP:${far}`, "extendedKeyUsage=serverAuth"], client: ["extendedKeyUsage=clientAuth"] };
  for (const [name, extensions] of Object.entries(uses)) {
    mkdirSync(join(folder, name), { mode: 0o700 });
    const said = extensions.flatMap((extension) => ["-addext", extension]);
    const files = ["-keyout", `${name}/key.pem`, "-out", `${name}/cert.pem`];
    openssl("req", "-x509", ...key, "-CA", "ca.pem", "-CAkey", "ca-key.pem", ...said, ...files, "-subj", `/CN=${name}`);
    copyFileSync(join(folder, "ca.pem"), join(folder, name, "ca.pem"));
  }
}

async function startSshd(folder: string, namespace: string, socket: string): Promise<ChildProcess> {
  const file = (name: string) => join(folder, name);
  for (const name of ["host-key", "user-key"]) execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", file(name)]);
  writeFileSync(file("authorized"), readFileSync(file("user-key.pub")), { mode: 0o600 });
  writeFileSync(file("known"), `${far} ${readFileSync(file("host-key.pub"), "utf8")}`);
  writeFileSync(
    file("sshd_config"),
    [
      `ListenAddress ${far}:22`,
      `HostKey ${file("host-key")}`,
      `AuthorizedKeysFile ${file("authorized")}`,
      "AuthenticationMethods publickey",
      `PidFile ${file("sshd.pid")}`,
      // Which engine the docker command over there talks to.
      `SetEnv DOCKER_HOST=unix://${socket} PATH=${process.env.PATH}`,
      "",
    ].join("\n"),
  );
  const own = [
    "IdentitiesOnly yes",
    `IdentityFile ${file("user-key")}`,
    `UserKnownHostsFile ${file("known")}`,
    "GlobalKnownHostsFile none",
  ];
  writeFileSync(file("ssh_config"), [...own, "StrictHostKeyChecking yes", ""].join("\n"));
  mkdirSync(file("bin"));
  writeFileSync(file("bin/ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F '${file("ssh_config")}' "$@"\n`, { mode: 0o755 });
  mkdirSync("/run/sshd", { recursive: true, mode: 0o755 });
  const command = ["--pdeathsig", "TERM", "nsenter", `--net=/run/netns/${namespace}`, sshd, "-D", "-e", "-f", file("sshd_config")];
  const server = spawn("setpriv", command, { cwd: "/", stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  server.stderr?.on("data", (chunk) => {
    said = (said + chunk).slice(-2000);
  });
  await waitFor(
    async () => {
      if (server.exitCode !== null) throw new Error(`sshd ended with ${server.exitCode}:\n${said}`);
      const connection = connect(22, far);
      await once(connection, "connect").finally(() => connection.destroy());
      return true;
    },
    { what: "sshd answers", timeoutMs: 20_000 },
  );
  return server;
}
