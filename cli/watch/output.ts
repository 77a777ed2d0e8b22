import { type Build, BuildError } from "./build.ts";
import { absent, stampOf } from "./files.ts";

/**
 * Says where a build that ends well does not write the file that is watched. One that finds nothing to do, as make may, is no reason: so that is
 * said only after a source has changed, and while no build of this watch has written the file yet.
 * @param shown the file, as people write it
 * @throws BuildError where there is no such file after the build
 */
export function lookingAtOutput(file: string, shown: string, build: (signal: AbortSignal) => Promise<void>): Build {
  let before: string | undefined;
  return async (signal, tell) => {
    // Every build but the first follows a change.
    const changed = before !== undefined;
    before ??= await stampOf(file);
    await build(signal);
    const now = await stampOf(file);
    const what = `the build ended well but did not write ${shown}`;
    if (now === absent) throw new BuildError(what, "name its output with --binary FILE");
    if (changed && now === before)
      tell(`${what}, nor has any since the watch began: where it writes another file, name that with --binary FILE`);
  };
}
