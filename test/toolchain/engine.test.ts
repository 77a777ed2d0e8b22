import { join } from "node:path";
import { expect, test } from "vitest";
import { UserError } from "../../common/errors.ts";
import { Steps } from "../../common/steps.ts";
import { ensureEngine } from "../../toolchain/engine.ts";
import { testFolder } from "./folder.ts";
import { type Answer, standIn } from "./server.ts";

let printed = "";
const write = (text: string) => {
  printed += text;
  return true;
};
const steps = new Steps({ isTTY: false, columns: 80, write });

test("an engine that the environment names is used as it is", async () => {
  const version = JSON.stringify({ Version: "20.10.24", ApiVersion: "1.41", Arch: "amd64", Os: "linux" });
  const answer: Answer = (response) => response.writeHead(200, { "content-type": "application/json" }).end(version);
  const { url, asked } = await standIn({ "/version": answer, "/v1.41/version": answer });
  const host = url.replace("http:", "tcp:");
  const engine = await ensureEngine({ DOCKER_HOST: host, NITRO_HOME: testFolder() }, steps);
  expect(engine.host).toBe(host);
  expect(asked).toHaveLength(1);
});

test("an engine that the environment names and that is not there is never replaced by another", async () => {
  const socket = join(testFolder(), "none.sock");
  const failed = ensureEngine({ DOCKER_HOST: `unix://${socket}`, NITRO_HOME: testFolder(), PATH: "/usr/bin:/bin" }, steps);
  const error = await failed.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect(error).toMatchObject({ message: `no container engine answers at unix://${socket}: the socket does not exist` });
  expect((error as UserError).hint).toMatch(/start/);
  expect(printed).toBe("");
});

test("an engine that answers with an error is left alone", async () => {
  const { url } = await standIn({});
  const failed = ensureEngine({ DOCKER_HOST: url.replace("http:", "tcp:"), NITRO_HOME: testFolder() }, steps);
  await expect(failed).rejects.toMatchObject({ status: 404 });
  expect(printed).toBe("");
});
