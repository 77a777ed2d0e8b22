/** Words of a variable's name that promise a secret. */
const words = /(^|_)(PASS|PASSWD|PASSWORD|PASSPHRASE|SECRETS?|TOKEN|AUTH|CREDENTIALS?|PRIVATE_?KEY|API_?KEY|ACCESS_KEY|SESSION_?KEY)$/;

/** Values that are secret whatever they are called. */
const shapes = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(-----END [A-Z ]*PRIVATE KEY-----)?/],
  ["an age identity", /AGE-SECRET-KEY-1[A-Z0-9]{10,}/i],
  ["an AWS access key", /\bA(KIA|SIA)[A-Z0-9]{16}\b/],
  ["a GitHub token", /\b(gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,})/],
  ["an address with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s:@$]+@/i],
] as const;

/** @param line `NAME=value`, as containers get their variables. @returns the name, where it promises a secret and there is one */
export function secretVariable(line: string): string | undefined {
  const at = line.indexOf("=");
  const name = line.slice(0, Math.max(at, 0));
  return at < line.length - 1 && words.test(name.toUpperCase()) ? name : undefined;
}

/** @returns what a value looks like, such as "a private key"; undefined where it looks like no secret */
export function secretShape(value: string): string | undefined {
  return shapes.find(([, pattern]) => pattern.test(value))?.[0];
}

/** A value as it may be shown: without what looks like a secret, marked or not. */
export function withoutSecrets(value: string): string {
  const name = secretVariable(value);
  if (name !== undefined) return `${name}=(secret)`;
  return shapes.reduce((text, [, pattern]) => text.replace(new RegExp(pattern, `${pattern.flags}g`), "(secret)"), value);
}
