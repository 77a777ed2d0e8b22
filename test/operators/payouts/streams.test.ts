import { createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { UserError } from "../../../common/errors.ts";
import { connectPayouts, redisProblem } from "../../../operators/payouts/streams.ts";

let server: Server;
const sockets = new Set<Socket>();

/** Something that takes a client in as Redis does, and can be ended as a container is. @returns its address */
async function listening(): Promise<string> {
  server = createServer((socket) => {
    sockets.add(socket.on("error", () => {}));
    socket.on("data", (bytes) => socket.write("+OK\r\n".repeat(bytes.toString().match(/^\*/gm)?.length ?? 0)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return `redis://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
}

async function end(): Promise<void> {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  await new Promise((resolve) => server.close(resolve));
}

afterEach(end);

test("a Redis that is taken away while it is used is told as one that does not answer, with the stack and what to do", async () => {
  const url = await listening();
  const redis = await connectPayouts(url, "alice");
  await end();
  const failure = await redis.ping().then(undefined, (error: unknown) => redisProblem(error, url, "alice"));
  redis.disconnect();
  expect(failure).toBeInstanceOf(UserError);
  expect(failure).toMatchObject({
    message: `the Redis of stack "alice" does not answer at ${new URL(url).host} (the connection was closed)`,
    hint: "./nitro status -s alice says what runs, ./nitro up -s alice brings it back",
  });
});

test("any other error stays as it is", () => {
  const other = new Error("WRONGTYPE Operation against a key");
  expect(redisProblem(other, "redis://127.0.0.1:1", "alice")).toBe(other);
});
