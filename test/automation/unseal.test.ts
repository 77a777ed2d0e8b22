import { expect, test } from "vitest";
import { waitUntilHealthy } from "../../automation/unseal.ts";
import type { Context } from "../../common/context.ts";
import type { ContainerDetails, Engine } from "../../docker/engine.ts";
import { labels } from "../../model/names.ts";
import { ownerId } from "../../toolchain/owner.ts";

/** A shared backend: whose the containers are is not up to this machine. */
const env = { PULUMI_BACKEND_URL: "s3://shared" };

/** An engine whose containers all are in the same state. */
function engineWith(state: Partial<ContainerDetails>) {
  const has = { [labels.owner]: ownerId(env), [labels.stack]: "alice" };
  return {
    host: "unix:///none",
    containers: async () => [],
    inspect: async (name: string) => ({
      name,
      labels: has,
      image: "i",
      ports: [],
      mounts: [],
      restartCount: 0,
      created: "2026-01-01",
      ...state,
    }),
    logs: async function* () {
      yield { stream: "stderr", line: "panic: no" };
    },
  } as unknown as Engine;
}

test("a part that has stopped ends the waiting at once, with exit code and last log lines", async () => {
  const engine = engineWith({ status: "exited", running: false, exitCode: 2, oomKilled: false });
  const context = { env, signal: new AbortController().signal } as Partial<Context> as Context;
  await expect(waitUntilHealthy(engine, "alice", context)).rejects.toMatchObject({
    message: expect.stringContaining("redis exited with code 2 (container nitro-alice-redis); its last log lines:\n  | panic: no\n"),
    hint: "./nitro logs -s alice --tail 30 service redis localstack ledger key-feeder worker",
  });
});

test("one that is started again and again while it is waited for ends the waiting too", async () => {
  let looks = 0;
  const engine = engineWith({ status: "running", running: true });
  const inspect = engine.inspect;
  const event = { action: "die", attributes: { exitCode: "3" } };
  Object.assign(engine, {
    inspect: async (name: string) => ({ ...(await inspect(name)), id: name, restartCount: name.endsWith("-redis") ? looks++ : 4 }),
    pastEvents: async () => [event],
    images: { inspect: async () => undefined },
    stats: async () => ({ memory: 0 }),
    exec: async () => ({ exitCode: 1, stdout: "", stderr: "", output: "" }),
  });
  const context = { env, root: "/nowhere", signal: new AbortController().signal } as Partial<Context> as Context;
  await expect(waitUntilHealthy(engine, "alice", context)).rejects.toMatchObject({
    message: expect.stringMatching(/^redis exited with code 3 \(container nitro-alice-redis\)/),
    hint: "./nitro logs -s alice --tail 30 redis",
  });
});

test("whoever stops waiting is told so", async () => {
  const engine = engineWith({ status: "restarting", running: false, exitCode: 2, oomKilled: false });
  const context = { env, signal: AbortSignal.abort() } as Partial<Context> as Context;
  await expect(waitUntilHealthy(engine, "alice", context)).rejects.toThrow("stopped while waiting for an answer of every part");
});
