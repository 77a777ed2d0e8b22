import { UserError } from "../common/errors.ts";
import { passphraseFile } from "../toolchain/environment.ts";
import { awsFailure } from "./aws-failure.ts";
import { type Outcome, plain } from "./events.ts";
import { heldBy } from "./lock.ts";

/** How a call of pulumi ended. */
export interface PulumiEnding {
  readonly exitCode: number;
  /** What it wrote to standard error: says why where it failed before any event. */
  readonly errors: string;
}

const killedExitCode = 137;

/** What pulumi adds to every failure and what helps nobody. */
const noise = [
  /^update failed$/i,
  /^(preview|update|destroy|refresh) (failed|canceled|cancelled)$/i,
  /^resource operations? (failed|canceled).*$/i,
  /^an unhandled error occurred: .*$/i,
  /^Running program .* failed with an unhandled exception:$/,
  /^Program exited with non-zero exit code: .*$/,
  /^It looks like the Pulumi SDK has not been installed.*$/,
];

const stackFrame = /^\s+at .*(:\d+:\d+\)?|<anonymous>\)|\(native\)|\(index \d+\))$/;

/**
 * The message of a failed update without pulumi's own words and without stack traces.
 * @returns paragraphs, each said once
 */
export function failureText(outcome: Outcome, { errors, exitCode }: PulumiEnding): string {
  const fromEvents = outcome.errors.map(({ message }) => awsFailure(tidy(message)));
  const paragraphs = [...new Set(fromEvents.filter((text) => text !== ""))];
  if (paragraphs.length > 0) return paragraphs.join("\n");
  if (tidy(errors) !== "") return tidy(errors);
  const killed = exitCode === killedExitCode ? " (it was killed; the same command goes on from there)" : "";
  return `pulumi ended with exit code ${exitCode} and without a word${killed}; NITRO_DEBUG=1 shows everything`;
}

/** Drops noise, stack frames and the name of the error class from a message; keeps its own line breaks. */
export function tidy(message: string): string {
  const lines = plain(message)
    .split("\n")
    .map((line) => line.replace(/^error: /, ""))
    .filter((line) => !stackFrame.test(line) && !noise.some((pattern) => pattern.test(line.trim())));
  return lines
    .join("\n")
    .replace(/\n{3,}/g, "\n\n")
    .trim()
    .replace(/^(?:Uncaught )?(?:[A-Z]\w*)?Error: /, "")
    .replace(/^(?:\d+ errors? occurred:\s*\* )/, "");
}

const locked = /currently locked by[\s\S]*?created by (.+)@(.+) \(pid (\d+)\) at (\S+)/;

/**
 * A failure of pulumi as an error of ours; a lock taken in the meantime names its holder.
 * @param env that pulumi ran with
 */
export function failure(stack: string, outcome: Outcome, ending: PulumiEnding, env: NodeJS.ProcessEnv): UserError {
  const lock = locked.exec(ending.errors);
  if (lock !== null) {
    const [, username = "?", hostname = "?", pid = "0", timestamp = "?"] = lock;
    return heldBy(stack, { username, hostname, pid: Number(pid), timestamp });
  }
  const text = failureText(outcome, ending);
  return new UserError(text, passphraseHint(text, env));
}

/** Where the stack's secrets cannot be decrypted: what to do about the passphrase. */
function passphraseHint(text: string, env: NodeJS.ProcessEnv): string | undefined {
  if (!/get stack secrets manager: .*passphrase/i.test(text)) return undefined;
  const set = (["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"] as const).find((name) => env[name] !== undefined);
  const ours = passphraseFile(env);
  if (set === undefined || env[set] === ours)
    return `its secrets were encrypted with another passphrase than that in ${ours}: put that one there`;
  return `${set} is set here, for another project perhaps: unset ${set}; nitro's own passphrase is in ${ours}`;
}
