import { randomBytes } from "node:crypto";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { buffer } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { Mux } from "../../tunnel/mux.ts";
import { relay } from "../../tunnel/relay.ts";

/** Two ends whose bytes arrive later and cut into pieces of any size, as over a network. */
function tunnel(onOpen: (target: string, connection: Duplex) => void): { near: Mux; far: Mux } {
  const deliver = (to: () => Mux) => (bytes: Buffer) => {
    const cut = Math.floor(Math.random() * bytes.length);
    setImmediate(() => {
      to().receive(bytes.subarray(0, cut));
      to().receive(bytes.subarray(cut));
    });
  };
  const near: Mux = new Mux(deliver(() => far));
  const far: Mux = new Mux(
    deliver(() => near),
    onOpen,
  );
  return { near, far };
}

let server: Server | undefined;
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  server?.close();
  server = undefined;
});

async function serve(handle: (socket: Socket) => void): Promise<string> {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    handle(socket);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server?.once("listening", resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test("what goes in comes back, megabytes of it, on many connections at once", async () => {
  const target = await serve((socket) => socket.pipe(socket));
  const { near } = tunnel(relay);
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      const sent = randomBytes(1 << 20);
      const connection = near.open(target);
      connection.end(sent);
      expect((await buffer(connection)).equals(sent)).toBe(true);
    }),
  );
});

test("an end of the request is passed on, and the answer still comes", async () => {
  const target = await serve((socket) => {
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => chunks.push(chunk));
    socket.on("end", () => socket.end(`${Buffer.concat(chunks).length} bytes`));
  });
  const connection = tunnel(relay).near.open(target);
  connection.end(randomBytes(300_000));
  expect((await buffer(connection)).toString()).toBe("300000 bytes");
});

test("a reader that is slow stops its own connection, and no other", async () => {
  let sent = 0;
  const target = await serve((socket) => {
    socket.once("data", (first: Buffer) => {
      if (first.toString() === "quick") return void socket.end("here");
      const more = () => {
        while (sent < 64 << 20 && !socket.destroyed) {
          sent += 65536;
          if (!socket.write(randomBytes(65536))) return void socket.once("drain", more);
        }
        socket.end();
      };
      more();
    });
  });
  const { near } = tunnel(relay);
  const slow = near.open(target);
  slow.write("endless");
  await sleep(300);
  const quick = near.open(target);
  quick.write("quick");
  expect((await buffer(quick)).toString()).toBe("here");
  expect(sent).toBeLessThan(32 << 20);
  let read = 0;
  for await (const chunk of slow) read += (chunk as Buffer).length;
  expect(read).toBe(64 << 20);
});

test("a target that does not answer ends the connection alone", async () => {
  const target = await serve((socket) => socket.pipe(socket));
  const { near } = tunnel(relay);
  const refused = near.open("127.0.0.1:1");
  await expect(buffer(refused)).rejects.toThrow("the other end of the tunnel closed the connection");
  const connection = near.open(target);
  connection.end("still");
  expect((await buffer(connection)).toString()).toBe("still");
});

test("a connection that is given up at one end is closed at the other", async () => {
  const closed = new Promise<void>((resolve) => {
    void serve((socket) => {
      socket.resume();
      socket.once("end", () => resolve());
    }).then((target) => {
      const connection = tunnel(relay).near.open(target);
      connection.write("x");
      setTimeout(() => connection.destroy(), 50);
    });
  });
  await closed;
});

test("when the stream goes, all connections go", async () => {
  const target = await serve((socket) => socket.resume());
  const { near } = tunnel(relay);
  const connection = near.open(target);
  const ended = expect(buffer(connection)).rejects.toThrow("gone");
  near.close(new Error("gone"));
  await ended;
});

test("bytes that are no frames are refused", () => {
  expect(() => new Mux(() => undefined).receive(Buffer.from("hello, world"))).toThrow(/damaged: 68656c6c6f2c20776f/);
});
