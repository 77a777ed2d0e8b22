import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { Engine } from "../../docker/engine.ts";

// A server in a manager's place: how long tasks take to leave a network is not to be had on demand. A real swarm: test/slow/swarm.test.ts.

let server: Server | undefined;

afterEach(() => void server?.close());

/** @param answers of one call after the other: status and message */
async function engineThat(answers: readonly (readonly [number, string])[]): Promise<{ engine: Engine; asked: string[] }> {
  const asked: string[] = [];
  server = createServer((request, response) => {
    const [status, message] = answers[asked.length] ?? [500, "not expected"];
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(status).end(status === 204 ? undefined : JSON.stringify({ message }));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { engine: Engine.connect({ DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` }), asked };
}

test("a network is removed once tasks have left it, and its name is free then", async () => {
  const { engine, asked } = await engineThat([
    [400, "rpc error: code = FailedPrecondition desc = network n is in use by task t"],
    [200, "it is there"],
    [204, ""],
    [200, "it is there"],
    [500, "network n not found"],
    [404, "network n not found"],
  ]);
  await engine.removeNetwork("n");
  expect(asked.map((call) => call.split(" ")[0])).toEqual(["DELETE", "GET", "DELETE", "GET", "DELETE", "GET"]);
});

test("one that somebody else is on is refused at once, and one that is gone is no fault", async () => {
  const taken = await engineThat([[403, "network n has active endpoints"]]);
  await expect(taken.engine.removeNetwork("n")).rejects.toThrow("active endpoints");
  server?.close();
  const gone = await engineThat([[404, "network n not found"]]);
  await gone.engine.removeNetwork("n");
  expect(gone.asked).toEqual(["DELETE /networks/n"]);
});
