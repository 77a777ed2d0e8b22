import { copyFile, rename } from "node:fs/promises";
import { stackNames } from "../stacks/names.ts";
import type { Built } from "./build.ts";
import { answersWith, firstTrue } from "./clock.ts";
import { runArguments } from "./docker-run.ts";
import { run } from "./run.ts";

const port = 19_000;
const limitMs = 60_000;

/** Replaces an executable the way go build does: all at once. */
export async function replaceFile(built: Built, binary: string): Promise<void> {
  await copyFile(built.file, `${binary}.new`);
  await rename(`${binary}.new`, binary);
}

/** A stack's service once more, under another name and port, replaced by `docker rm -f` and `docker run`. */
export class DockerSwap {
  private readonly stack: string;
  private readonly name: string;
  private started = false;

  constructor(stack: string) {
    this.stack = stack;
    this.name = `nitro-${stack}-reference`;
  }

  /** @returns ms until the new version answers */
  async swap(built: Built): Promise<number> {
    const command = [built.sha256, "serve", "nitro", "inside-enclave", "--egress-address", "none", "--log-address", "none"];
    const args = await runArguments(stackNames(this.stack).containers.service, {
      name: this.name,
      aliases: false,
      hostPort: port,
      command: [...command, "--upstream-url", "http://0.0.0.0:8080"],
    });
    if (!this.started) await run("docker", args);
    this.started = true;
    const began = Date.now();
    await run("docker", ["rm", "-f", this.name]);
    await run("docker", args);
    return (await firstTrue(() => answersWith(`http://127.0.0.1:${port}`, built.version), limitMs)) - began;
  }

  async remove(): Promise<void> {
    await run("docker", ["rm", "-f", this.name]).catch(() => "");
  }
}
