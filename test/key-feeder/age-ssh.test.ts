import { generateKeyPairSync } from "node:crypto";
import { Decrypter, Encrypter } from "age-encryption";
import { expect, test } from "vitest";
import { decryptAsOperator, encryptToOperator } from "../../key-feeder/age-ssh.ts";

// That Go's filippo.io/age reads and writes the same: sample/internal/operator/share_test.go.

const key = () => generateKeyPairSync("ed25519").privateKey;

test("what is for an operator's key opens with that key, and with no other", async () => {
  const [own, other] = [key(), key()];
  const file = await encryptToOperator(own, "a share");
  expect(Buffer.from(file).toString("latin1")).toMatch(/^age-encryption\.org\/v1\n-> ssh-ed25519 [A-Za-z0-9+/]{6} [A-Za-z0-9+/]{43}\n/);
  expect(await decryptAsOperator(own, file)).toBe("a share");
  await expect(decryptAsOperator(other, file)).rejects.toThrow();
});

test("a changed file does not open", async () => {
  const own = key();
  const file = await encryptToOperator(own, "a share");
  for (const at of [60, file.length - 1]) {
    const changed = Uint8Array.from(file);
    changed[at] = (changed[at] ?? 0) ^ 1;
    await expect(decryptAsOperator(own, changed)).rejects.toThrow();
  }
});

test("a file that is not for SSH keys is nobody's here", async () => {
  const encrypter = new Encrypter();
  encrypter.setPassphrase("x");
  encrypter.setScryptWorkFactor(1);
  const file = await encrypter.encrypt("a share");
  await expect(decryptAsOperator(key(), file)).rejects.toThrow();
  const decrypter = new Decrypter();
  decrypter.addPassphrase("x");
  expect(await decrypter.decrypt(file, "text")).toBe("a share");
});
