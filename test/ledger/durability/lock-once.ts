import { createInterface } from "node:readline";
import { lockFolder } from "../../../ledger/folder-lock.ts";

// One of two racers: takes and gives back the folder of its first argument as it is told, and says what came of it.
const [, , folder = ""] = process.argv;
let unlock: (() => void) | undefined;

function take(): string {
  try {
    unlock = lockFolder(folder);
    return "taken";
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

function give(): string {
  unlock?.();
  unlock = undefined;
  return "given";
}

createInterface({ input: process.stdin }).on("line", (line) => process.stdout.write(`${line === "take" ? take() : give()}\n`));
process.stdout.write("ready\n");
