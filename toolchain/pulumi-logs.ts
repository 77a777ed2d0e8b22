import { mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pulumiHome } from "./home.ts";

/**
 * Pulumi 3.256 writes down whatever each call does, looks at all of these files when it starts, and removes none before there are 500 MB. It has no
 * switch for that (https://github.com/pulumi/pulumi/issues/22416); where its folder for them cannot be made it does without. Five in a hundred of
 * a swap's time after some days, two with an empty folder. What `pulumi -v=9 --logtostderr` says is not part of it.
 */
export function keepNoLogs(env: NodeJS.ProcessEnv): void {
  const logs = join(pulumiHome(env), "logs");
  if (statSync(logs, { throwIfNoEntry: false })?.isFile() === true) return;
  mkdirSync(pulumiHome(env), { recursive: true });
  try {
    rmSync(logs, { recursive: true, force: true });
    writeFileSync(logs, "");
  } catch {
    // A pulumi that runs has made it anew: the next set-up sees to it.
  }
}
