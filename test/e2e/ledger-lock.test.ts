import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { connect } from "../ledger/server.ts";
import { nitro, nitroJson } from "./nitro.ts";

const label = "nitro.test.ledger-lock";
const engine = Engine.connect();
const volume = `nitro-test-${randomBytes(6).toString("hex")}`;
let image = "";

beforeAll(async () => {
  ({ image } = await nitroJson<{ image: string }>("ledger", "image"));
  await engine.createVolume(volume, { [label]: "1" });
});

afterAll(async () => {
  for (const { id } of await engine.containers({ labels: { [label]: "1" }, all: true })) await engine.removeContainer(id, { force: true });
  await engine.removeVolume(volume);
});

/** A container of its own on the one volume, as a user would run it. @returns its id */
async function started(): Promise<string> {
  const name = `nitro-test-${randomBytes(6).toString("hex")}`;
  const id = await engine.create(name, { image, binds: [`${volume}:/data`], publish: [8182], labels: { [label]: "1" } });
  await engine.start(id);
  return id;
}

/** Waits until it is healthy or has ended. @returns where it answers, or undefined and its exit code */
async function outcome(container: string): Promise<{ url?: string; exitCode?: number | undefined }> {
  for (;;) {
    const details = await engine.inspect(container);
    if (details?.running !== true) return { exitCode: details?.exitCode };
    const port = details.ports.find(({ containerPort }) => containerPort === 8182)?.hostPort;
    if (details.health === "healthy" && port !== undefined) return { url: `http://127.0.0.1:${port}` };
    await sleep(100);
  }
}

async function logOf(container: string): Promise<string> {
  const lines: string[] = [];
  for await (const { line } of engine.logs(container)) lines.push(line);
  return lines.join("\n");
}

test("two containers on one volume: the second ends with 1 and names the first; a killed one is followed at once, with all its data", async () => {
  const first = await started();
  const { url = "" } = await outcome(first);
  const driver = connect(url, { ledger: "ledger" });
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE T"));
  driver.close();
  await nitro("ledger", "query", "INSERT INTO T {'n': 1}", "--endpoint", url);

  const second = await started();
  expect(await outcome(second)).toEqual({ exitCode: 1 });
  const short = first.slice(0, 12);
  expect(await logOf(second)).toMatch(
    new RegExp(
      `the folder /data is in use by container ${short} \\(process \\d+ in it\\) since 20\\S+Z: end that one \\(docker stop ${short}\\)`,
    ),
  );
  // The first has noticed nothing.
  await nitro("ledger", "query", "INSERT INTO T {'n': 2}", "--endpoint", url);

  await engine.kill(first);
  await engine.wait(first);
  await engine.start(second);
  const follower = await outcome(second);
  expect(await nitro("ledger", "query", "SELECT n FROM T", "--endpoint", follower.url ?? "")).toBe("{n:1}\n{n:2}\n");
  await nitro("ledger", "query", "INSERT INTO T {'n': 3}", "--endpoint", follower.url ?? "");
  expect(await nitro("ledger", "verify", "--endpoint", follower.url ?? "")).toContain("ledger ledger verified");

  await engine.start(first);
  expect(await outcome(first)).toEqual({ exitCode: 1 });
  expect(await logOf(first)).toContain(`in use by container ${second.slice(0, 12)} `);
});

test("ten races of two containers on one volume: exactly one serves each time", async () => {
  for (let race = 0; race < 10; race++) {
    for (const { id } of await engine.containers({ labels: { [label]: "1" }, all: true }))
      await engine.removeContainer(id, { force: true });
    const ids = await Promise.all([started(), started()]);
    const outcomes = await Promise.all(ids.map(outcome));
    expect(outcomes.map(({ url, exitCode }) => url === undefined && exitCode).sort(), `race ${race}`).toEqual([1, false]);
  }
});
