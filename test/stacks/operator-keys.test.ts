import { execFileSync } from "node:child_process";
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rawPublicKey } from "../../key-feeder/payouts/signer.ts";
import { sshPublicKey } from "../../key-feeder/ssh-key.ts";
import { readOperatorKeys } from "../../stacks/operator-keys.ts";

let root = "";

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-operator-keys-"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

const pem = (key: KeyObject) => key.export({ type: "pkcs8", format: "pem" }).toString();

/** A new key in a file. */
function put(name: string, key = generateKeyPairSync("ed25519").privateKey): string {
  writeFileSync(join(root, name), pem(key));
  return pem(key);
}

/** By ssh-keygen. @returns its public line */
function generate(name: string, passphrase = "", type = "ed25519"): string {
  execFileSync("ssh-keygen", ["-q", "-t", type, "-N", passphrase, "-C", name, "-f", join(root, name)]);
  return readFileSync(join(root, `${name}.pub`), "utf8").trim();
}

test("a folder as the service has it, or a list of two files", () => {
  mkdirSync(join(root, "secrets"));
  const keys = [put("secrets/test-operator.pem"), put("secrets/test-operator2.pem")];
  expect(readOperatorKeys(root, "secrets")).toEqual(keys);
  expect(readOperatorKeys(root, [join(root, "secrets/test-operator2.pem"), "./secrets/test-operator.pem"])).toEqual(keys.toReversed());
});

test("keys as ssh-keygen writes them, become PKCS#8", () => {
  const lines = [generate("one"), generate("two")];
  const read = readOperatorKeys(root, ["one", "two"]);
  expect(read.map((key, index) => sshPublicKey(rawPublicKey(createPrivateKey(key)), ["one", "two"][index] ?? ""))).toEqual(lines);
});

/** Each writes the file `a` that is refused. */
const refused: readonly (readonly [string, () => unknown, RegExp])[] = [
  ["one that is not there", () => undefined, /names a: it cannot be read \(ENOENT\); needed is an ed25519 key/],
  ["one with a passphrase", () => generate("a", "secret"), /names a: it is protected by a passphrase; take a copy without one: ssh-keygen/],
  ["one of RSA by ssh-keygen", () => generate("a", "", "rsa"), /names a: it is a key of type ssh-rsa/],
  [
    "one of another curve",
    () => put("a", generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey),
    /names a: it is a key of type ec/,
  ],
  [
    "a public one",
    () => writeFileSync(join(root, "a"), createPublicKey(put("b")).export({ type: "spki", format: "pem" })),
    /names a: it holds no private key/,
  ],
  [
    "half of one",
    () => {
      generate("b");
      writeFileSync(join(root, "a"), half(readFileSync(join(root, "b"), "utf8")));
    },
    /names a: it is no whole OpenSSH key/,
  ],
];

test.each(refused)("%s is refused", (_, make, message) => {
  put("good");
  make();
  expect(() => readOperatorKeys(root, ["good", "a"])).toThrow(message);
});

function half(text: string): string {
  const lines = text.split("\n");
  return [...lines.slice(0, 3), ...lines.slice(-2)].join("\n");
}

test("one key is not two operators, and a folder has to be there", () => {
  const key = generateKeyPairSync("ed25519").privateKey;
  put("a", key);
  put("b", key);
  expect(() => readOperatorKeys(root, ["a", "b"])).toThrow("names one key twice (a, b)");
  expect(() => readOperatorKeys(root, "none")).toThrow(
    /is none: there is no such folder; needed is one with test-operator\.pem and test-operator2\.pem/,
  );
});
