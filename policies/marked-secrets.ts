import type { Policy } from "./policy.ts";
import { allTexts, texts } from "./values.ts";

/** Words of a variable's name that promise a secret. */
const secretWords =
  /(^|_)(PASS|PASSWD|PASSWORD|PASSPHRASE|SECRETS?|TOKEN|AUTH|CREDENTIALS?|PRIVATE_?KEY|API_?KEY|ACCESS_KEY|SESSION_?KEY)$/;

/** Values that are secret whatever they are called. */
const secretShapes = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["an age identity", /AGE-SECRET-KEY-1[A-Z0-9]{10}/i],
  ["an AWS access key", /\bA(KIA|SIA)[A-Z0-9]{16}\b/],
  ["a GitHub token", /\b(gh[pousr]_[A-Za-z0-9]{20}|github_pat_[A-Za-z0-9_]{20})/],
  ["an address with a password", /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:[^/\s:@$]+@/i],
] as const;

/**
 * A value in plain text is in state, previews and logs for everybody to read. What is marked arrives here as `[secret]`, so everything that
 * looks like one and can be read is a finding. The message names it and does not repeat it.
 */
export const markedSecrets: Policy = {
  name: "marked-secrets",
  description: "Secrets are marked as such: what is secret by its name or by its look is a secret of Pulumi's.",
  check({ props }) {
    const named = texts(props, "envs").flatMap((line) => {
      const [name = "", value = ""] = split(line);
      return value !== "" && secretWords.test(name.toUpperCase())
        ? [`variable ${name} is in plain text: mark its value by pulumi.secret(…)`]
        : [];
    });
    const shaped = allTexts(props).flatMap(({ path, text }) => {
      const value = path.startsWith("envs[") ? (split(text)[1] ?? "") : text;
      const shape = secretShapes.find(([, pattern]) => pattern.test(value));
      return shape === undefined ? [] : [`${path} holds ${shape[0]} in plain text: mark it by pulumi.secret(…)`];
    });
    return [...named, ...shaped];
  },
};

function split(line: string): [name: string, value: string] {
  const at = line.indexOf("=");
  return at === -1 ? [line, ""] : [line.slice(0, at), line.slice(at + 1)];
}
