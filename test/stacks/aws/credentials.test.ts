import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { extract, type Header } from "tar-stream";
import { expect, test } from "vitest";
import type { ContainerSpec } from "../../../docker/engine.ts";
import { credentialsText, deliverCredentials } from "../../../stacks/aws/credentials.ts";

const login = {
  identity: { account: "1", arn: "arn:aws:iam::1:user/alice" },
  secrets: { accessKeyId: "AKIA", secretAccessKey: "s3cret" },
};
const to = { volume: "nitro-alice-credentials", stack: "alice", owner: "me", image: "base" };

test("the file is one that every SDK reads", () => {
  expect(credentialsText(login)).toBe(
    "# arn:aws:iam::1:user/alice; written by nitro login\n[default]\naws_access_key_id = AKIA\naws_secret_access_key = s3cret\n",
  );
  const secrets = { ...login.secrets, sessionToken: "token", expiration: new Date("2026-01-02T03:04:05Z") };
  const text = credentialsText({ ...login, secrets });
  expect(text).toContain("aws_session_token = token\n");
  expect(text).toContain("user/alice, until 2026-01-02T03:04:05.000Z;");
});

/** An engine that writes down what it is asked for. */
function recorder(exitCode: number) {
  const steps: string[] = [];
  const files: { header: Header; text: string }[] = [];
  let spec: ContainerSpec | undefined;
  const engine = {
    create: async (_: string, given: ContainerSpec) => {
      spec = given;
      steps.push("create");
      return "id";
    },
    unpack: async (_: string, folder: string, tar: Buffer | Readable) => {
      if (Buffer.isBuffer(tar)) throw new Error("expected a stream");
      for await (const entry of tar.pipe(extract())) files.push({ header: entry.header, text: (await buffer(entry)).toString() });
      steps.push(`unpack ${folder}`);
    },
    start: async () => void steps.push("start"),
    wait: async () => exitCode,
    removeContainer: async () => void steps.push("remove"),
  };
  return { engine, steps, files, spec: () => spec };
}

test("the file comes by a rename, for its reader alone, and no secret is in the container's description", async () => {
  const { engine, steps, files, spec } = recorder(0);
  await deliverCredentials(engine, login, to);
  expect(steps).toEqual(["create", "unpack /login", "start", "remove"]);
  expect(files).toHaveLength(1);
  expect(files[0]?.header).toMatchObject({ name: ".incoming", mode: 0o600, uid: 1000, gid: 1000 });
  expect(files[0]?.text).toBe(credentialsText(login));
  expect(spec()).toMatchObject({ binds: ["nitro-alice-credentials:/login"], network: "none", capDropAll: true, readOnly: true });
  expect(JSON.stringify(spec())).not.toMatch(/s3cret|AKIA/);
});

test("a failure is told, and the helping container goes away all the same", async () => {
  const { engine, steps } = recorder(1);
  await expect(deliverCredentials(engine, login, to)).rejects.toThrow("could not be put into volume nitro-alice-credentials");
  expect(steps.at(-1)).toBe("remove");
});
