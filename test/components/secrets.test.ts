import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, test } from "vitest";
import { environmentFile, quotable } from "../../components/secrets.ts";
import { resolved } from "./recorder.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-secrets-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("node reads every secret as it was, whatever is in it", async () => {
  const secrets = {
    plain: "hunter2",
    quotes: `'"\``,
    shell: `$HOME $${"{PATH}"} #no comment = \\n \\`,
    key: "-----BEGIN KEY-----\nabc=\r\n-----END KEY-----\n",
    "'": "ключ \u2028",
    empty: "",
  };
  const content = await resolved(environmentFile({ A: "x", NITRO_SECRETS: quotable(JSON.stringify(secrets)), Z: "y=#z" }));
  const file = join(folder, ".secrets");
  writeFileSync(file, content);
  const print = "process.stdout.write(JSON.stringify([process.env.A, JSON.parse(process.env.NITRO_SECRETS), process.env.Z]))";
  const read = execFileSync(process.execPath, [`--env-file=${file}`, "-e", print], { env: {}, encoding: "utf8" });
  expect(JSON.parse(read)).toEqual(["x", secrets, "y=#z"]);
});

test("a file with a secret in it is a secret", async () => {
  expect(await pulumi.isSecret(environmentFile({ A: "x", B: pulumi.secret("y") }))).toBe(true);
});
