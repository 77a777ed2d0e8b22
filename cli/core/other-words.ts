import { nearest } from "../../common/nearest.ts";
import { stackOption } from "./declaration.ts";
import { spelledOption } from "./scan.ts";

/** What people type who know other tools, and the commands here that do it. */
const meant: Readonly<Record<string, readonly string[]>> = {
  recreate: ["down", "up"],
  stop: ["down"],
  destroy: ["down"],
  delete: ["down"],
  rm: ["down"],
  start: ["up"],
  create: ["up"],
  deploy: ["up"],
  apply: ["up"],
  ps: ["status"],
  plan: ["preview"],
  diff: ["preview"],
  sh: ["exec"],
  run: ["up"],
  config: ["env"],
  prune: ["reap"],
  gc: ["reap"],
  import: ["adopt"],
};

/**
 * The command line that was probably meant by one whose command is none, for the same stack.
 * @param name what stands where the command should
 */
export function commandMeant(name: string, words: readonly string[], names: readonly string[]): string {
  const found = (Object.hasOwn(meant, name) ? meant[name] : undefined) ?? [nearest(name, names) ?? "help"];
  return found.map((command) => `./nitro ${command}${command === "help" ? "" : ofStack(words)}`).join(" && ");
}

/** @returns " -s alice" where the words name a stack; else nothing */
export function ofStack(words: readonly string[]): string {
  for (const [index, word] of words.entries()) {
    if (word === "--") return "";
    const option = spelledOption(word, stackOption);
    if (option === undefined) continue;
    const value = option.takesNext ? words[index + 1] : word.replace(/^(--stack=|-s)/, "");
    return value === undefined ? "" : ` -s ${value}`;
  }
  return "";
}
