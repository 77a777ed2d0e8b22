import { UserError } from "../common/errors.ts";
import { passphraseFile } from "../toolchain/environment.ts";
import { awsFailure } from "./aws-failure.ts";
import { engineFailure } from "./engine-failure.ts";
import { type Outcome, plain } from "./events.ts";
import { HeldError, heldBy, locksNamed } from "./lock.ts";

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
  const fromEvents = outcome.errors.map(({ message, urn }) => engineFailure(awsFailure(tidy(message)), urn));
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
    .replace(/^(?:Unhandled exception: |Uncaught )?(?:[A-Z]\w*)?Error: /, "")
    .replace(/^(?:\d+ errors? occurred:\s*\* )/, "");
}

/** What Pulumi Cloud says, which does not tell who it is. */
const conflict = /\[409\] Conflict: Another update is currently in progress/;

/**
 * A failure of pulumi as an error of ours; a lock taken in the meantime names its holder.
 * @param env that pulumi ran with
 */
export function failure(stack: string, outcome: Outcome, ending: PulumiEnding, env: NodeJS.ProcessEnv): UserError {
  const [lock] = locksNamed(ending.errors);
  if (lock !== undefined) return heldBy(stack, lock);
  if (conflict.test(ending.errors)) {
    return new HeldError(
      `stack "${stack}" is being changed by another command; this backend does not say whose`,
      `wait for it; where nothing of it runs any more: eval "$(./nitro env)" && pulumi cancel --yes --stack ${stack}`,
    );
  }
  const text = failureText(outcome, ending);
  return new UserError(text, passphraseHint(text, env) ?? backendHint(text));
}

/** What a backend needs that pulumi does not get. */
export function backendHint(text: string): string | undefined {
  if (/PULUMI_ACCESS_TOKEN must be set/.test(text))
    return "for Pulumi Cloud export PULUMI_ACCESS_TOKEN; or export PULUMI_BACKEND_URL=file://…, or unset it for stacks of this machine";
  if (/x-amz-checksum-sha256 header is invalid/.test(text))
    return "this S3 wants checksums: add &request_checksum_calculation=when_supported to PULUMI_BACKEND_URL";
  return undefined;
}

/** Where the stack's secrets cannot be decrypted: what to do about the passphrase. */
function passphraseHint(text: string, env: NodeJS.ProcessEnv): string | undefined {
  if (!/(get stack secrets manager|create secrets manager for new stack): .*passphrase/i.test(text)) return undefined;
  const set = (["PULUMI_CONFIG_PASSPHRASE", "PULUMI_CONFIG_PASSPHRASE_FILE"] as const).find((name) => env[name] !== undefined);
  const ours = passphraseFile(env);
  if (set === undefined || env[set] === ours)
    return `its secrets were encrypted with another passphrase than that in ${ours}: put that one there`;
  return `${set} is set here, for another project perhaps: unset ${set}; nitro's own passphrase is in ${ours}`;
}
