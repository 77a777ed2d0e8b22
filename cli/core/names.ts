/** Every command, in the order of `nitro help`. Each is the file of its name above this folder, or in a folder of its name. */
export const commandNames = [
  "up",
  "swap",
  "watch",
  "preview",
  "down",
  "status",
  "wait",
  "outputs",
  "logs",
  "exec",
  "ls",
  "pay",
  "ledger",
  "tunnel",
  "login",
  "setup",
  "doctor",
  "env",
  "test",
] as const;

/** Commands of more than one file. */
const inFolders: Partial<Record<CommandName, string>> = {
  watch: "watch/watch",
  wait: "wait/wait",
  pay: "pay/pay",
  ledger: "ledger/ledger",
  doctor: "doctor/doctor",
  test: "run-tests/run-tests",
};

/** Where a command is: below cli/, without `.ts`. */
export function commandFile(name: CommandName): string {
  return inFolders[name] ?? name;
}

export type CommandName = (typeof commandNames)[number];

export function isCommandName(word: string): word is CommandName {
  return (commandNames as readonly string[]).includes(word);
}
