import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { waitOf } from "../../../ledger/http/hasty-client.ts";
import { dial, type EchoServer, responses, startEcho } from "./echo-server.ts";

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEcho();
});
afterAll(() => echo.server.stop(0));
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const goSdk = "User-Agent: aws-sdk-go-v2/1.47.8 ua/2.1 os/linux lang/go#1.26.8";
const get = (bytes: number, agent: string) => `GET /repeat/${bytes} HTTP/1.1\r\nHost: h\r\n${agent}\r\n\r\n`;

/** Lets everything happen that waits for no timer; vitest's own waiting would move the clock on. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

/** As many turns as an answer takes several times over. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 1000; turn++) await new Promise(setImmediate);
}

/** Of the bodies that have come so far. */
const lengths = (text: string) =>
  responses(text)
    .map(({ body }) => body.length)
    .join();

test("a large answer leaves for AWS's SDK for Go only after a while, one that is read at once and those to others at once", async () => {
  const { socket, text, closed } = await dial(echo.port);
  socket.write(get(5000, "User-Agent: aws-sdk-js/3.918.0"));
  await until(() => lengths(text()) === "5000");
  socket.write(get(3000, goSdk));
  await until(() => lengths(text()) === "5000,3000");
  socket.write(get(5000, goSdk) + get(100, goSdk));
  await until(() => vi.getTimerCount() === 1);
  await turns();
  expect(lengths(text())).toBe("5000,3000");
  vi.advanceTimersByTime(5);
  await until(() => lengths(text()) === "5000,3000,5000,100");
  socket.end();
  await closed;
});

test("a client that is gone meanwhile is left alone", async () => {
  const { socket, closed } = await dial(echo.port);
  socket.write(get(5000, goSdk));
  await until(() => vi.getTimerCount() === 1);
  socket.resetAndDestroy();
  await closed;
  await until(() => echo.service.over === echo.service.begun);
  vi.advanceTimersByTime(5);
  await turns();
  const again = await dial(echo.port);
  again.socket.write(get(10, goSdk));
  await until(() => lengths(again.text()) === "10");
  again.socket.destroy();
});

test("what has taken its time already does not wait", () => {
  expect(waitOf(3584, 100, () => 100)).toBe(0);
  expect(waitOf(3585, 100, () => 100)).toBe(5);
  expect(waitOf(1_000_000, 100, () => 101.5)).toBe(4);
  expect(waitOf(1_000_000, 100, () => 107)).toBe(0);
});
