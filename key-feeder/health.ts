import { rm, writeFile } from "node:fs/promises";

/** A file that exists as long as everything is well: what the container's health check looks for. */
export class HealthFile {
  private readonly path: string;
  private exists: boolean | undefined;

  constructor(path: string) {
    this.path = path;
  }

  async set(healthy: boolean): Promise<void> {
    if (this.exists === healthy) return;
    if (healthy) await writeFile(this.path, "");
    else await rm(this.path, { force: true });
    this.exists = healthy;
  }
}
