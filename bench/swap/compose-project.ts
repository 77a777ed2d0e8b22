import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ContainerCopy } from "../container-copy.ts";
import { runBenchProgram } from "../run.ts";
import type { Peer } from "./peer.ts";

/** Keys of a service that differ from project to project (https://docs.docker.com/reference/compose-file/services/). */
type More = Readonly<Record<string, unknown>>;

/** A compose file with a peer's service and worker, and the program that reads it. */
export class ComposeProject {
  /** The words that start it, without a command. */
  readonly words: readonly string[];
  private readonly file: string;
  private readonly peer: Peer;

  /** @param compose the words that start Docker Compose */
  constructor(compose: readonly string[], peer: Peer, folder: string) {
    const project = peer.service.name.replace(/-service$/, "");
    this.file = join(folder, `${project}.json`);
    this.words = [...compose, "--project-name", project, "--file", this.file];
    this.peer = peer;
  }

  /** Writes the compose file: YAML takes JSON. What an interrupted run left of the project goes. */
  async write(more: More): Promise<void> {
    const { service, worker } = this.peer;
    const volumes = [service, worker].flatMap(({ binds }) => binds).flatMap((bind) => (bind.startsWith("/") ? [] : [bind.split(":")[0]]));
    const document = {
      services: { service: composeService(service, more), worker: composeService(worker, more) },
      networks: { stack: { name: service.network, external: true } },
      volumes: Object.fromEntries(volumes.map((name) => [name, { name, external: true }])),
    };
    await writeFile(this.file, JSON.stringify(document, null, 2));
    await this.down();
  }

  async compose(...args: string[]): Promise<void> {
    const [program = "docker", ...words] = [...this.words, ...args];
    await runBenchProgram(program, words);
  }

  async down(): Promise<void> {
    await this.compose("down", "--timeout", "0").catch(() => {});
  }
}

function composeService(copy: ContainerCopy, more: More): Record<string, unknown> {
  return escaped({
    container_name: copy.name,
    image: copy.image,
    hostname: copy.hostname,
    user: copy.user,
    working_dir: copy.workingDir,
    init: true,
    read_only: copy.readOnly,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges"],
    mem_limit: copy.memory,
    stop_grace_period: "1s",
    environment: copy.environment,
    volumes: copy.binds,
    tmpfs: Object.entries(copy.tmpfs).map(([path, options]) => `${path}:${options}`),
    ports: copy.ports,
    networks: { stack: { aliases: copy.aliases } },
    entrypoint: copy.entrypoint,
    command: copy.command,
    ...more,
  });
}

/** A dollar sign would be taken for a variable. */
function escaped(service: Record<string, unknown>): Record<string, unknown> {
  return JSON.parse(JSON.stringify(service).replaceAll("$", "$$$$")) as Record<string, unknown>;
}
