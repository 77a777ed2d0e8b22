import { expect, test } from "vitest";
import { dial, echoes, responses, startEcho, talk } from "./echo-server.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;
const patience = { idle: 100, head: 20, request: 60, silence: 80, farewell: 5 };

/** What was sent is read. */
const arrived = () => new Promise((resolve) => setTimeout(resolve, 30));

test("a client that asks nothing is left, later than one that has begun to", async () => {
  const { server, port, advance } = await startEcho(patience);
  const idle = await dial(port);
  idle.socket.write(get("/"));
  await expect.poll(() => idle.text()).not.toBe("");
  const slow = await dial(port);
  slow.socket.write("GET / HT");
  await arrived();
  advance(20);
  slow.socket.write("TP/1.1\r\n");
  await arrived();
  expect(slow.text()).toBe("");
  advance(1);
  await slow.closed;
  expect(responses(slow.text()).map(({ status }) => status)).toEqual([408]);
  advance(79);
  expect(idle.socket.closed).toBe(false);
  advance(1);
  await idle.closed;
  expect(echoes(idle.text())).toHaveLength(1);
  await server.stop(0);
});

test("time between two requests counts for neither", async () => {
  const { server, port, advance } = await startEcho(patience);
  const { socket, text } = await dial(port);
  for (let count = 1; count <= 5; count++) {
    advance(90);
    socket.write(get("/"));
    await expect.poll(() => responses(text()).length).toBe(count);
  }
  await server.stop(0);
});

test("a body has to come in its time", async () => {
  const { server, service, port, advance } = await startEcho(patience);
  const { socket, text, closed } = await dial(port);
  socket.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\n");
  for (let count = 0; count < 6; count++) {
    await arrived();
    advance(10);
    socket.write("x");
  }
  await arrived();
  expect(text()).toBe("");
  advance(1);
  await closed;
  expect(responses(text()).map(({ status }) => status)).toEqual([408]);
  expect([service.begun, service.over]).toEqual([1, 1]);
  await server.stop(0);
});

test("a client that takes nothing of its answer is left, and holds nothing", async () => {
  const { server, service, port } = await startEcho(patience);
  const { socket, closed } = await dial(port);
  socket.pause();
  socket.write(get("/repeat/50000000") + get("/next"));
  await expect.poll(() => service.over, { timeout: 5000 }).toBe(1);
  socket.resume();
  await closed;
  expect(service.begun).toBe(1);
  await server.stop(0);
});

test("a client that takes its answer slowly gets all of it, and its next request is answered", async () => {
  const { server, service, port } = await startEcho({ ...patience, silence: 5000 });
  const { socket, text } = await dial(port);
  socket.pause();
  socket.write(get("/repeat/20000000") + get("/next"));
  await arrived();
  expect([service.begun, service.over]).toEqual([1, 0]);
  socket.resume();
  await expect.poll(() => text().length > 20_000_000 && responses(text()).length, { timeout: 20_000 }).toBe(2);
  expect(service.over).toBe(2);
  await server.stop(0);
});

test("requests that come while one is being answered wait with the client, once there are too many", async () => {
  const { server, service, port } = await startEcho(patience);
  const { socket, text } = await dial(port);
  socket.write(get("/wait"));
  await expect.poll(() => service.begun).toBe(1);
  const many = 1_000_000;
  socket.write(get("/").repeat(many));
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(socket.writableLength).toBeGreaterThan(0);
  expect(service.begun).toBe(1);
  socket.destroy();
  service.release();
  await expect.poll(() => service.begun - service.over).toBe(0);
  expect(service.begun).toBeLessThan(many);
  expect(text().length).toBeLessThan(many * 100);
  await server.stop(0);
});

test("an end: what is asked is answered, connections without a request end, nobody new is taken", async () => {
  const { server, service, port } = await startEcho(patience);
  const idle = await dial(port);
  const asking = await dial(port);
  asking.socket.write(get("/wait"));
  await expect.poll(() => service.begun).toBe(1);
  const stopped = server.stop(5000);
  await idle.closed;
  await expect(dial(port)).rejects.toThrow(/ECONNREFUSED/);
  service.release();
  await asking.closed;
  await stopped;
  expect(echoes(asking.text())).toMatchObject([{ target: "/wait" }]);
  expect(asking.text()).toContain("\r\nConnection: close\r\n");
});

test("an end that comes between an answer and its sending waits for no further request", async () => {
  const { server, service, port } = await startEcho(patience);
  const asking = await dial(port);
  asking.socket.write(get("/wait"));
  await expect.poll(() => service.begun).toBe(1);
  service.release();
  await new Promise(process.nextTick);
  const began = performance.now();
  await server.stop(10_000);
  expect(performance.now() - began).toBeLessThan(5000);
  expect(echoes(asking.text())).toMatchObject([{ target: "/wait" }]);
});

test("an end does not wait longer than it is told", async () => {
  const { server, service, port } = await startEcho(patience);
  const asking = await dial(port);
  asking.socket.write(get("/wait"));
  await expect.poll(() => service.begun).toBe(1);
  await server.stop(20);
  await asking.closed;
  expect(asking.text()).toBe("");
  await expect.poll(() => service.over).toBe(1);
});

test("a port that is taken", async () => {
  const first = await startEcho(patience);
  const second = await startEcho(patience);
  await expect(second.server.listen(first.port, "127.0.0.1")).rejects.toThrow();
  expect(echoes(await talk(first.port, [get("/")]))).toHaveLength(1);
  await first.server.stop(0);
  await second.server.stop(0);
});
