import type { Context } from "../../common/context.ts";
import { InterruptedError, UsageError, UserError } from "../../common/errors.ts";
import { suggestion } from "../../common/nearest.ts";
import { stoppedBefore, stoppingText } from "../../common/stopping.ts";
import { type LiveRole, liveRoles } from "../../executable/live-override.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { settingChanges, settingOptions, takeOverOption } from "../core/options.ts";
import { selectStack } from "../core/selection.ts";
import { askKeeper, type KeeperEnd } from "../keeper/client.ts";

export const command = declareCommand({
  marksUse: false,
  arguments: { role: { words: liveRoles, read: swappedRole, optional: true, help: "only this one (default: both)" } },
  options: {
    ...stackOption,
    binary: settingOptions.binary,
    sample: settingOptions.sample,
    ...takeOverOption,
    previous: {
      type: "boolean",
      help: "go back to the executable before, the last other one that answered; the settings stay, so the next swap takes the file again",
    },
  },
  notes: `Without --binary: the executable or image of the stack's settings as it is now; where none is set, build.command or the sample is built again.
An executable that cannot run is refused before anything is touched.`,
  examples: [
    ["nitro swap -s alice --binary ./payments", "that file, now and at every later swap"],
    ["nitro swap -s alice", "the same file again, as it is now"],
    ["nitro swap -s alice worker", "the worker alone"],
    ["nitro swap -s alice --previous", "back to what ran before"],
    ["nitro swap -s alice --sample", "back to the sample"],
  ],
  stopsCleanly: true,

  async run({ values, words: { role } }, context) {
    const other = values.binary === undefined ? values.sample && "--sample" : "--binary";
    if (values.previous && other) throw new UsageError(`${other} and --previous: allowed is one of them`);
    const name = selectStack(values.stack, context.env);
    const roles = role === undefined ? liveRoles : [role];
    const changes = settingChanges(values, context);
    const plain = role === undefined && !values.previous && !values.sample && !values["take-over"];
    if (plain && (await keptSwap(name, changes["service.binary"] ?? undefined, context))) return 0;
    // What an update needs is loaded only where none was kept ready: it takes longer than asking.
    const { swapAhead } = await import("./ahead.ts");
    const ahead = await swapAhead(name, roles, changes, context);
    const { swapOnce } = await import("./once.ts");
    await swapOnce(ahead, { changes, back: values.previous, takeOver: values["take-over"] });
    return 0;
  },
});

/**
 * Swaps by the update that a keeper has armed.
 * @param binary absolute path; undefined for the executable of the settings
 * @returns false where there is none that can do it, and nothing was changed
 * @throws UserError as the keeper tells it
 */
async function keptSwap(stack: string, binary: string | undefined, { root, env, stderr, stdout, signal }: Context): Promise<boolean> {
  const columns = stderr.isTTY ? stderr.columns : undefined;
  const onText = (stream: "stdout" | "stderr", text: string) => void (stream === "stdout" ? stdout : stderr).write(text);
  const onStop = () => void stderr.write(`${stoppingText}\n`);
  signal.addEventListener("abort", onStop);
  const answer = await askKeeper({ root, stack, request: { ask: "swap", binary, env, columns }, onText, signal });
  signal.removeEventListener("abort", onStop);
  if (answer !== undefined && "failed" in answer) throw new UserError(answer.failed, answer.hint);
  if (signal.aborted) throw stoppedSwap(stack, answer);
  if (answer !== undefined && "lost" in answer) stderr.write("the process that kept the next swap ready has ended: swapping without it\n");
  if (answer !== undefined && "silent" in answer)
    stderr.write("the process that keeps the next swap ready says nothing: swapping without it\n");
  return answer !== undefined && "done" in answer;
}

/** @param answer what the keeper said once it was asked to stop */
function stoppedSwap(stack: string, answer: KeeperEnd | undefined): InterruptedError {
  if (answer !== undefined && "lost" in answer) {
    return new InterruptedError(`stopped: what was under way in stack "${stack}" ends by itself`, `./nitro status -s ${stack}`);
  }
  if (answer === undefined || !("done" in answer)) return stoppedBefore(stack);
  return new InterruptedError(`too late to stop: stack "${stack}" runs the new executable`, `go back: ./nitro swap -s ${stack} --previous`);
}

function swappedRole(word: string): LiveRole {
  const role = liveRoles.find((each) => each === word);
  if (role !== undefined) return role;
  throw new UsageError(`${word} does not run your executable${suggestion(word, liveRoles)}: allowed are ${liveRoles.join(", ")}`);
}
