import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../../cli/core/main.ts", import.meta.url));

/** `nitro ledger serve` in a process of its own, without a terminal, and no program but node on its PATH; to be killed by the test. @param folder where it runs */
export function startServe(folder: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, [main, "ledger", "serve", ...args], {
    cwd: folder,
    env: { PATH: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output = { stdout: "", stderr: "" };
  child.stderr.on("data", (text) => {
    output.stderr += text;
  });
  const ended = once(child, "close").then(([code]: unknown[]) => code);
  const url = new Promise<string>((resolve) => {
    child.stdout.on("data", (text) => {
      output.stdout += text;
      const found = /answers at (\S+),/.exec(output.stdout)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const failed = async (): Promise<never> => {
    throw new Error(`ended with ${await ended}: ${output.stderr}`);
  };
  return { child, output, url: () => Promise.race([url, failed()]), ended };
}
