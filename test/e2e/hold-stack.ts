import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { backendFolder, stackLockFolder } from "../../automation/lock.ts";
import { pulumiEnvironment } from "../../toolchain/environment.ts";
import { root } from "./nitro.ts";

/** Holds a stack as an update does: a process called pulumi and its lock. @param scratch a folder for its program */
export function holdStack(stack: string, scratch: string, seconds: number): void {
  const pulumi = join(scratch, "pulumi");
  copyFileSync("/bin/sleep", pulumi);
  const { pid } = spawn(pulumi, [String(seconds)], { stdio: "ignore" });
  const backend = backendFolder(pulumiEnvironment().PULUMI_BACKEND_URL, root, homedir());
  if (backend === undefined) throw new Error("the backend is no folder");
  const folder = stackLockFolder(backend, stack);
  mkdirSync(folder, { recursive: true });
  const lock = { pid, username: "ann", hostname: hostname(), timestamp: new Date().toISOString() };
  writeFileSync(join(folder, "held.json"), JSON.stringify(lock));
}
