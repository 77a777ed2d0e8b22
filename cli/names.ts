/** Every command, in the order of `nitro help`. Each is the file of its name in this folder. */
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
export type CommandName = (typeof commandNames)[number];

export function isCommandName(word: string): word is CommandName {
  return (commandNames as readonly string[]).includes(word);
}
