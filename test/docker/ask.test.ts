import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { askContainer } from "../../docker/ask.ts";
import type { ExecOptions } from "../../docker/engine.ts";

async function listen() {
  const server = createServer(async (request, answer) => {
    const body = await text(request);
    answer
      .writeHead(request.method === "POST" ? 400 : 200, { "X-Mark": `by: ${request.method}` })
      .end(`${request.method} ${request.url}\n${request.headers["content-type"]} ${body}`);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { server, port: (server.address() as AddressInfo).port };
}

/** An engine on another machine, whose containers are this machine. */
const remote = {
  host: "ssh://elsewhere",
  async exec(_: string, [program = "", ...args]: readonly string[], { stdin = "" }: ExecOptions = {}) {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "ignore"] });
    child.stdin.end(String(stdin));
    const [stdout, [exitCode]] = await Promise.all([text(child.stdout), once(child, "exit") as Promise<[number]>]);
    return { exitCode, stdout, stderr: "", output: stdout };
  },
};
const local = { host: "unix:///nowhere", exec: () => Promise.reject(new Error("nobody is asked inside")) };

test("asks from here, and on another machine from inside, with the same answers", async () => {
  const { server, port } = await listen();
  try {
    const container = { name: "c", innerPort: port, hostPort: port };
    for (const engine of [local, remote]) {
      const got = await askContainer(engine, container, "/info");
      expect(got).toMatchObject({ status: 200, text: "GET /info\nundefined " });
      expect(got?.headers.get("x-mark")).toBe("by: GET");
      const posted = await askContainer(engine, container, "/prepare", { method: "POST", json: '{"to":""}' });
      expect(posted).toMatchObject({ status: 400, text: 'POST /prepare\napplication/json {"to":""}' });
      const removed = await askContainer(engine, container, "/object", { method: "DELETE" });
      expect(removed).toMatchObject({ status: 200, text: "DELETE /object\nundefined " });
    }
  } finally {
    server.close();
  }
});

test("who does not answer, or cannot be asked, gives nothing", async () => {
  const { server, port } = await listen();
  server.close();
  await once(server, "close");
  const container = { name: "c", innerPort: port, hostPort: port };
  expect(await askContainer(local, container, "/info")).toBeUndefined();
  expect(await askContainer(local, { ...container, hostPort: undefined }, "/info")).toBeUndefined();
  expect(await askContainer(remote, container, "/info")).toBeUndefined();
});
