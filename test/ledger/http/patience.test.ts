import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { expect, test } from "vitest";
import { dial, echoes, responses, startEcho, talk } from "./echo-server.ts";

const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;

/** Nobody waits so long here: a limit that a test is not about. */
const never = 600_000;
const patience = { idle: never, head: never, request: never, silence: never, farewell: never, checks: 10 };

test("a request that has begun has to come, a connection may wait for the next one", async () => {
  const { server, port } = await startEcho({ ...patience, head: 1000 });
  const idle = await dial(port);
  idle.socket.write(get("/"));
  await expect.poll(() => idle.text()).not.toBe("");
  const slow = await dial(port);
  slow.socket.write("GET / HT");
  await slow.closed;
  expect(responses(slow.text()).map(({ status }) => status)).toEqual([408]);
  idle.socket.write("GET / HT");
  await idle.closed;
  expect(responses(idle.text()).map(({ status }) => status)).toEqual([200, 408]);
  await server.stop(0);
});

test("a client that asks nothing more is left without a word, as one that never has asked", async () => {
  const { server, port } = await startEcho({ ...patience, idle: 1 });
  const { socket, text, closed } = await dial(port);
  socket.write(get("/"));
  await closed;
  expect(echoes(text())).toHaveLength(1);
  await server.stop(0);
  const impatient = await startEcho({ ...patience, head: 20 });
  const silent = await dial(impatient.port);
  await silent.closed;
  expect(silent.text()).toBe("");
  await impatient.server.stop(0);
});

test("time between two requests counts for neither", async () => {
  const { server, port } = await startEcho({ ...patience, head: 1000, request: 1000 });
  const { socket, text } = await dial(port);
  for (let count = 1; count <= 3; count++) {
    socket.write(get("/"));
    await expect.poll(() => responses(text()).length).toBe(count);
    await wait(1100);
  }
  expect(echoes(text())).toHaveLength(3);
  expect(socket.closed).toBe(false);
  await server.stop(0);
});

test("a body has to come in its time, however much of it comes", async () => {
  const { server, service, port } = await startEcho({ ...patience, head: 500, request: 500 });
  const { socket, text, closed } = await dial(port);
  socket.write("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n");
  const sending = setInterval(() => socket.write("x"), 10);
  await closed;
  clearInterval(sending);
  expect(responses(text()).map(({ status }) => status)).toEqual([408]);
  expect(service.begun).toBe(1);
  await expect.poll(() => service.over).toBe(1);
  await server.stop(0);
});

test("a client that does not end a connection after its last answer, or asks on and on, is cut off", async () => {
  const { server, port } = await startEcho({ ...patience, farewell: 20 });
  const silent = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  silent.write("nonsense\r\n\r\n");
  silent.on("error", () => undefined);
  let answer = "";
  silent.setEncoding("latin1").on("data", (text: string) => {
    answer += text;
  });
  await once(silent, "end");
  const writing = setInterval(() => silent.write("x"), 5);
  await new Promise((resolve) => silent.once("close", resolve));
  clearInterval(writing);
  expect(responses(answer).map(({ status }) => status)).toEqual([400]);
  await server.stop(0);
  const patient = await startEcho(patience);
  const asking = connect({ port: patient.port, host: "127.0.0.1", allowHalfOpen: true });
  asking.on("error", () => undefined);
  asking.write(`${get("/refused").replace("\r\n\r\n", "\r\nContent-Length: 100001\r\n\r\n")}${"x".repeat(100_001)}`);
  const more = setInterval(() => asking.write(get("/").repeat(100)), 5);
  await new Promise((resolve) => asking.once("close", resolve));
  clearInterval(more);
  await patient.server.stop(0);
});

test("a client that takes nothing of its answer is left, and holds nothing", async () => {
  const { server, service, port } = await startEcho({ ...patience, silence: 500 });
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
  const { server, service, port } = await startEcho(patience);
  const { socket, text } = await dial(port);
  socket.pause();
  socket.write(get("/repeat/20000000") + get("/next"));
  await wait(30);
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
  await asking.closed;
  expect(echoes(asking.text())).toMatchObject([{ target: "/wait" }]);
});

test("an end waits for a client that takes its answer slowly", async () => {
  const { server, service, port } = await startEcho(patience);
  const slow = await dial(port);
  slow.socket.pause();
  slow.socket.write(get("/repeat/20000000"));
  await expect.poll(() => service.begun).toBe(1);
  await wait(30);
  const stopped = server.stop(20_000);
  slow.socket.resume();
  await stopped;
  await slow.closed;
  expect(responses(slow.text())[0]?.body).toHaveLength(20_000_000);
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
