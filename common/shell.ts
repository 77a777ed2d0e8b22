/** Inside single quotes a shell takes every character as it is; a quote itself ends them, is escaped and begins them anew. */
export function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** @returns a line for a POSIX shell that runs just this command: words that need no quotes stay as they are */
export function shellLine(command: readonly string[]): string {
  return command.map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : shellQuoted(word))).join(" ");
}
