import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { dial, type EchoServer, echoes, responses, startEcho, talk } from "./echo-server.ts";

let echo: EchoServer;
beforeAll(async () => {
  echo = await startEcho();
});
afterAll(async () => {
  await echo.server.stop(0);
  // Whatever happened to its connection, every request that was taken on is done with.
  await vi.waitFor(() => expect(echo.service.over).toBe(echo.service.begun));
});

const post = (path: string, body: string, ...headers: readonly string[]) =>
  `POST ${path} HTTP/1.1\r\n${["Host: h", `Content-Length: ${body.length}`, ...headers].join("\r\n")}\r\n\r\n${body}`;
const get = (path: string, ...headers: readonly string[]) => `GET ${path} HTTP/1.1\r\n${["Host: h", ...headers].join("\r\n")}\r\n\r\n`;

/** Requests of every kind, one after the other, and what they say. */
const conversation = [
  "\r\n",
  post("/a", "hello"),
  get("/b"),
  `PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\n\r\n\r\n0\r\nT: u\r\n\r\n`,
  post("/d", ""),
  "\r\n\r\n",
  post("/e", "GET /f HTTP/1.1\r\n\r\n"),
].join("");
const understood = [
  { method: "POST", target: "/a", host: "h", body: "hello" },
  { method: "GET", target: "/b", host: "h", body: "" },
  { method: "PUT", target: "/c", host: "h", body: "abc\r\n" },
  { method: "POST", target: "/d", host: "h", body: "" },
  { method: "POST", target: "/e", host: "h", body: "GET /f HTTP/1.1\r\n\r\n" },
];

test("requests on one connection, all at once: answered one by one, in their order", async () => {
  expect(echoes(await talk(echo.port, [conversation]))).toEqual(understood);
});

test("the same, cut at every byte", async () => {
  for (let at = 1; at < conversation.length; at++)
    expect(echoes(await talk(echo.port, [conversation.slice(0, at), conversation.slice(at)])), `cut at ${at}`).toEqual(understood);
  expect(echoes(await talk(echo.port, [...conversation]))).toEqual(understood);
});

test("an answer: its length, date and what becomes of the connection", async () => {
  const [answer] = responses(await talk(echo.port, [post("/", "x")]));
  expect(answer?.head.split("\r\n")).toEqual([
    "HTTP/1.1 200 OK",
    "X-Echo: yes",
    expect.stringMatching(/^Content-Length: \d+$/),
    expect.stringMatching(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/),
    "Connection: keep-alive",
    "Keep-Alive: timeout=75",
  ]);
});

test("Connection: close ends the connection, as HTTP/1.0 does unless it asks for more", async () => {
  const { socket, text, closed } = await dial(echo.port);
  socket.write(post("/a", "x", "Connection: close") + post("/b", "y"));
  await closed;
  expect(echoes(text())).toMatchObject([{ target: "/a" }]);
  expect(text()).toContain("\r\nConnection: close\r\n");
  const old = await dial(echo.port);
  old.socket.write("GET /old HTTP/1.0\r\n\r\n");
  await old.closed;
  expect(echoes(old.text())).toMatchObject([{ target: "/old", host: null }]);
  expect(echoes(await talk(echo.port, ["GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", get("/2")]))).toHaveLength(2);
});

test("HEAD: the length of the answer without it", async () => {
  const text = await talk(echo.port, [`HEAD /repeat/5000 HTTP/1.1\r\nHost: h\r\n\r\n`]);
  expect(text).toContain("\r\nContent-Length: 5000\r\n");
  expect(text.endsWith("\r\n\r\n")).toBe(true);
});

test("any method is asked; what it means is not decided here", async () => {
  const methods = ["DELETE", "OPTIONS", "PATCH", "TRACE", "M-SEARCH"];
  const text = await talk(
    echo.port,
    methods.map((method) => `${method} / HTTP/1.1\r\nHost: h\r\n\r\n`),
  );
  expect(echoes(text).map(({ method }) => method)).toEqual(methods);
});

test("a tunnel is refused, behind what was asked before it", async () => {
  const { socket, text, closed } = await dial(echo.port);
  socket.write(`${get("/a")}CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n${get("/b")}`);
  await closed;
  expect(responses(text()).map(({ status }) => status)).toEqual([200, 501]);
});

test("a client that asks for a tunnel and goes away: whatever it asked for is done with", async () => {
  const own = await startEcho();
  const { socket } = await dial(own.port);
  socket.write(`${get("/wait")}CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n`);
  await expect.poll(() => own.service.begun).toBe(1);
  socket.resetAndDestroy();
  await expect.poll(() => own.service.over).toBe(1);
  own.service.release();
  expect(echoes(await talk(own.port, [get("/still")]))).toHaveLength(1);
  await own.server.stop(0);
});

test("another protocol is not spoken: such a request is answered as any other, and is the last one", async () => {
  const upgrade = ["Connection: Upgrade", "Upgrade: websocket"];
  for (const pieces of [
    [get("/a", ...upgrade), get("/b")],
    [get("/a", ...upgrade) + get("/b")],
    [post("/a", "hello", ...upgrade) + get("/b")],
  ]) {
    const text = await talk(echo.port, pieces);
    expect(echoes(text)).toMatchObject([{ target: "/a" }]);
    expect(text).toContain("\r\nConnection: close\r\n");
  }
});

test("Expect: 100-continue: the body is asked for, unless it is refused", async () => {
  const { socket, text, closed } = await dial(echo.port);
  const expecting = (path: string, length: number) =>
    `POST ${path} HTTP/1.1\r\nHost: h\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;
  socket.write(expecting("/a", 5));
  await expect.poll(text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  socket.write("hello");
  await expect.poll(() => responses(text()).length).toBe(2);
  socket.write(`${expecting("/b", 5)}hello`);
  await expect.poll(() => responses(text()).length).toBe(4);
  socket.write(expecting("/refused", 5));
  await closed;
  expect(responses(text()).map(({ status }) => status)).toEqual([100, 200, 100, 200, 403]);
});

test("a refused request: its body is passed over, the connection goes on", async () => {
  const text = await talk(echo.port, [`${post("/refused", "x".repeat(90_000))}${get("/next")}`]);
  expect(responses(text).map(({ status }) => status)).toEqual([403, 200]);
  for (const at of [1, 30, 80, 200]) {
    const whole = `${post("/refused", "GET /no HTTP/1.1\r\n\r\n")}${get("/next")}`;
    expect(responses(await talk(echo.port, [whole.slice(0, at), whole.slice(at)])).map(({ status }) => status)).toEqual([403, 200]);
  }
});

test.each<readonly [string, string, number]>([
  ["no HTTP", "nonsense\r\n\r\n", 400],
  ["a line feed alone", "GET / HTTP/1.1\nHost: h\n\n", 400],
  ["a carriage return alone", "GET / HTTP/1.1\rHost: h", 400],
  ["bytes of TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400],
  ["an endless line", `GET /${"x".repeat(20_000)}`, 431],
  ["a head that is too large", get("/", ...Array.from({ length: 300 }, (_, count) => `X-${count}: ${"x".repeat(60)}`)), 431],
  ["a body that is too large", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n", 413],
  ["chunks that are too large", `POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n186a1\r\n${"x".repeat(100_001)}`, 413],
  ["a broken chunk", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd", 400],
  ["a refused request in chunks", "POST /refused HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n", 403],
])("%s: answered at once, and nothing after it", async (_what, request, status) => {
  for (const pieces of [[request], [request.slice(0, 9), request.slice(9)]]) {
    const { socket, text, closed } = await dial(echo.port);
    for (const piece of pieces) socket.write(Buffer.from(piece, "latin1"));
    socket.write(`\r\n\r\n${get("/smuggled")}`);
    await closed;
    const found = responses(text());
    expect(found.map((each) => each.status)).toEqual([status]);
    expect(found[0]?.head).toContain("\r\nConnection: close");
  }
});

test("a client that still sends reads why it was refused, instead of a broken connection", async () => {
  const { socket, text, closed } = await dial(echo.port);
  socket.write(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4000000\r\n\r\n`);
  for (let count = 0; count < 40; count++) socket.write("x".repeat(100_000));
  await closed;
  expect(responses(text()).map(({ status }) => status)).toEqual([413]);
});

test("the end of a client's stream in the middle of a request is told; after one, it has its answer", async () => {
  expect(responses(await talk(echo.port, ["GET / HTT"])).map(({ status }) => status)).toEqual([400]);
  expect(responses(await talk(echo.port, [post("/", "hello").slice(0, -1)])).map(({ status }) => status)).toEqual([400]);
  expect(responses(await talk(echo.port, [post("/refused", "hello").slice(0, -1)])).map(({ status }) => status)).toEqual([403]);
  expect(await talk(echo.port, [])).toBe("");
  expect(await talk(echo.port, ["\r\n"])).toBe("");
  const slow = dial(echo.port);
  const { socket, text, closed } = await slow;
  socket.end(`${get("/wait")}${get("/after")}`);
  await new Promise((resolve) => setTimeout(resolve, 20));
  echo.service.release();
  await closed;
  expect(echoes(text()).map(({ target }) => target)).toEqual(["/wait", "/after"]);
});

test("a client that goes away: whatever it asked for is done with", async () => {
  const own = await startEcho();
  for (const request of [get("/wait"), post("/", "hello").slice(0, -2), post("/refused", "hello").slice(0, -2), get("/repeat/50000000")]) {
    const { socket } = await dial(own.port);
    socket.pause();
    socket.write(request);
    await new Promise((resolve) => setTimeout(resolve, 20));
    socket.resetAndDestroy();
  }
  expect(own.service.begun).toBe(3);
  await expect.poll(() => own.service.over).toBe(3);
  own.service.release();
  expect(echoes(await talk(own.port, [get("/still")]))).toHaveLength(1);
  await own.server.stop(0);
});
