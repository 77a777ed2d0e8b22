import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Fuzzing } from "../fuzzing.ts";
import { Random } from "../random.ts";
import { type Echo, type EchoServer, responses, startEcho, talk } from "./echo-server.ts";

// Whatever this server takes for requests, a server that has nothing but Node's parser has to take for the same ones: two readers of one stream
// that do not agree are what smuggled requests live on. To refuse more is fine.
const fuzzing = new Fuzzing(2);

let echo: EchoServer;
let reference: Server;
/** What Node's parser made of the last stream. */
let understood: Echo[] = [];
beforeAll(async () => {
  echo = await startEcho();
  reference = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      understood.push({ method, target: url, host: headers.host ?? null, body: Buffer.concat(chunks).toString("latin1") });
      response.end();
    });
  });
  // What was sound before the error is read first.
  reference.on("clientError", (_error, socket) => setTimeout(() => socket.end("HTTP/1.1 400 Bad Request\r\n\r\n"), 5));
  await new Promise<void>((resolve) => {
    reference.listen(0, "127.0.0.1", resolve);
  });
});
afterAll(async () => {
  await echo.server.stop(0);
  reference.closeAllConnections();
  await new Promise((resolve) => reference.close(resolve));
});

/** The requests that were taken for sound, up to the first that was not. */
function taken(text: string): Echo[] {
  const found = responses(text).filter(({ status }) => status !== 100);
  const refused = found.findIndex(({ status }) => status !== 200);
  return found.slice(0, refused < 0 ? found.length : refused).map(({ body }) => JSON.parse(body) as Echo);
}

const lineBreak = ["\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\r\n", "\n", "\r", "\r\n ", "\r\n\t", "\r\r\n"];
const names = [
  "Host",
  "Content-Length",
  "Transfer-Encoding",
  "Connection",
  "Upgrade",
  "Expect",
  "X-Any",
  "content-length",
  "Transfer-encoding",
];
const values = [
  "h",
  "0",
  "5",
  "05",
  "5 ",
  " 5",
  "+5",
  "5,5",
  "5, 6",
  "0x5",
  "chunked",
  "Chunked",
  "xchunked",
  "chunked ",
  "gzip, chunked",
  "identity",
  "close",
  "keep-alive",
  "upgrade",
  "100-continue",
  "",
  "\t5",
  "5\x0b",
  "\xa05",
  "a\x00b",
];
const separators = [": ", ": ", ": ", ":", " : ", ":\t", " ", "\0:"];
const bodies = [
  "",
  "hello",
  "5\r\nhello\r\n0\r\n\r\n",
  "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
  "5\nhello\n0\n\n",
  "0\r\n\r\n",
  "05\r\nhello\r\n0\r\n\r\n",
  "5 \r\nhello\r\n0\r\n\r\n",
  "5\r\nhello\r\n0\r\n",
  "6\r\nhello\r\n0\r\n\r\n",
];
const firstLines = [
  "GET / HTTP/1.1",
  "POST /a HTTP/1.1",
  "POST /b HTTP/1.1",
  "PUT /c HTTP/1.0",
  "POST /d HTTP/1.1 ",
  "POST  /e HTTP/1.1",
  "POST /f HTTP/1.2",
  "POST /g",
  "POST /h HTTP/2.0",
];

/** Something between a sound request and none at all. */
function request(random: Random): string {
  const usually = <T>(sound: T, others: readonly T[]): T => (random.below(8) === 0 ? random.pick(others) : sound);
  const headers = Array.from({ length: random.below(4) }, () => `${random.pick(names)}${usually(": ", separators)}${random.pick(values)}`);
  const length = random.below(3) === 0 ? ["Transfer-Encoding: chunked"] : ["Content-Length: 5"];
  const body = length[0] === "Content-Length: 5" ? "hello" : "5\r\nhello\r\n0\r\n\r\n";
  const lines = [usually("POST /a HTTP/1.1", firstLines), "Host: h", ...(random.below(4) === 0 ? [] : length), ...headers];
  return `${lines.map((line) => line + usually("\r\n", lineBreak)).join("")}${usually("\r\n", lineBreak)}${usually(body, bodies)}`;
}

test("requests that are almost sound: Node's parser understands what is taken here as the same", fuzzing.options, async () => {
  const random = new Random(fuzzing.seed(61));
  let [agreed, refused] = [0, 0];
  for (const _ of fuzzing.rounds(600)) {
    const stream = Array.from({ length: 1 + random.below(3) }, () => request(random)).join("");
    const own = taken(await talk(echo.port, [stream]));
    understood = [];
    await talk((reference.address() as AddressInfo).port, [stream]);
    expect(understood.slice(0, own.length), JSON.stringify(stream)).toEqual(own);
    if (own.length > 0) agreed++;
    else refused++;
  }
  expect(agreed).toBeGreaterThan(50);
  expect(refused).toBeGreaterThan(50);
});

test("however a stream is cut, it is understood as if it came at once", fuzzing.options, async () => {
  const random = new Random(fuzzing.seed(62));
  for (const _ of fuzzing.rounds(200)) {
    const stream = Array.from({ length: 1 + random.below(3) }, () => request(random)).join("");
    const at = Array.from({ length: 1 + random.below(6) }, () => random.below(stream.length)).sort((a, b) => a - b);
    const pieces = [0, ...at].map((from, index) => stream.slice(from, at[index] ?? stream.length)).filter((piece) => piece !== "");
    // Whether a body is asked for depends on whether it is there.
    const read = (text: string) => responses(text).flatMap(({ status, body }) => (status === 100 ? [] : [[status, body]]));
    const [whole, cut] = [read(await talk(echo.port, [stream])), read(await talk(echo.port, pieces))];
    expect(
      cut.map(([status]) => status),
      JSON.stringify(pieces),
    ).toEqual(whole.map(([status]) => status));
    expect(cut.filter(([status]) => status === 200)).toEqual(whole.filter(([status]) => status === 200));
  }
});
