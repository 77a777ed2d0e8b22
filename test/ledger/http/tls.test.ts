import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test } from "vitest";
import { makeAuthority, makeServerCertificate } from "../../../common/certificates.ts";
import { identityFile } from "../../../ledger/http/identity-file.ts";
import { defaultPatience } from "../../../ledger/http/patience.ts";
import { dial, echoes, responses, startEcho, talk } from "./echo-server.ts";

const authority = makeAuthority("test", 10, new Date());
const ca = authority.certificate;
const identity = makeServerCertificate(authority, ["127.0.0.1"], 5, new Date());
const alone = { identity: () => identity, plainToo: false };
const both = { identity: () => identity, plainToo: true };
const ways = [
  ["a port of https alone", alone],
  ["a port of http and https", both],
] as const;

const post = (path: string, body: string, ...headers: readonly string[]) =>
  `POST ${path} HTTP/1.1\r\n${["Host: h", `Content-Length: ${body.length}`, ...headers].join("\r\n")}\r\n\r\n${body}`;
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`;

const conversation = [
  post("/a", "hello"),
  get("/b"),
  "PUT /c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x\r\n\r\n\r\n0\r\nT: u\r\n\r\n",
  post("/d", "GET /e HTTP/1.1\r\n\r\n"),
].join("");
const targets = [{ target: "/a", body: "hello" }, { target: "/b" }, { target: "/c", body: "abc\r\n" }, { target: "/d" }];

test.each(ways)("%s: requests are read as over http, all at once and byte by byte, and answered after the client's end", async (_, tls) => {
  const { server, port, service } = await startEcho(undefined, tls);
  expect(echoes(await talk(port, [conversation], ca))).toMatchObject(targets);
  expect(echoes(await talk(port, [...conversation], ca))).toMatchObject(targets);
  const waiting = talk(port, [get("/wait")], ca);
  await expect.poll(() => service.begun).toBe(9);
  service.release();
  expect(echoes(await waiting)).toMatchObject([{ target: "/wait" }]);
  expect(responses(await talk(port, [get("/repeat/5000000")], ca)).map(({ body }) => body.length)).toEqual([5_000_000]);
  await server.stop(0);
});

test.each(ways)("%s: the same is refused", async (_, tls) => {
  const { server, port } = await startEcho(undefined, tls);
  const status = async (text: string) => responses(await talk(port, [text], ca)).map((each) => each.status);
  expect(await status("nonsense\r\n\r\n")).toEqual([400]);
  expect(await status(post("/", "", `X: ${"x".repeat(20_000)}`))).toEqual([431]);
  expect(await status(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100001\r\n\r\n`)).toEqual([413]);
  expect(await status(`POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`)).toEqual([400]);
  expect(await status("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n")).toEqual([501]);
  expect(await status(get("/refused"))).toEqual([403]);
  expect(await status(post("/", "x", "Expect: 100-continue"))).toEqual([100, 200]);
  await server.stop(0);
});

test.each(ways)("%s: a client has as much time: for TLS, for a request, for the next one", async (_, tls) => {
  const { server, port } = await startEcho({ ...defaultPatience, head: 500, request: 500, idle: 200, checks: 10 }, tls);
  const mute = connect(port, "127.0.0.1");
  await once(mute, "close");
  const slow = await dial(port, ca);
  slow.socket.write("GET / HT");
  await slow.closed;
  expect(responses(slow.text()).map(({ status }) => status)).toEqual([408]);
  const idle = await dial(port, ca);
  idle.socket.write(get("/"));
  await idle.closed;
  expect(echoes(idle.text())).toHaveLength(1);
  await server.stop(0);
});

test("http, nonsense and a client that does not trust the certificate end alone", async () => {
  const { server, port, service } = await startEcho({ ...defaultPatience, head: 200 }, alone);
  for (const text of [get("/"), "nonsense\r\n\r\n", "\u0016\u0003\u0001"]) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined).resume();
    socket.end(text);
    await new Promise((resolve) => socket.once("close", resolve));
  }
  await expect(dialUntrusting(port)).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  expect(service.begun).toBe(0);
  expect(echoes(await talk(port, [get("/")], ca))).toHaveLength(1);
  await server.stop(0);
});

test.each(ways)("%s: its end waits for no idle connection, answers what was asked, cuts off who is not done with TLS", async (_, tls) => {
  const { server, port, service } = await startEcho(undefined, tls);
  const idle = await dial(port, ca);
  idle.socket.write(get("/"));
  await expect.poll(() => idle.text()).not.toBe("");
  const asking = await dial(port, ca);
  asking.socket.write(get("/wait"));
  await expect.poll(() => service.begun).toBe(2);
  const stopped = server.stop(600_000);
  await idle.closed;
  service.release();
  await asking.closed;
  expect(echoes(asking.text())).toHaveLength(1);
  await stopped;

  const other = await startEcho({ ...defaultPatience, head: 600_000, request: 600_000 }, tls);
  const mute = connect(other.port, "127.0.0.1");
  await once(mute, "connect");
  const cut = once(mute, "close");
  // The server takes connections in their order: it has the mute one by now.
  expect(echoes(await talk(other.port, [get("/")], ca))).toHaveLength(1);
  await other.server.stop(0);
  await cut;
});

test("connections from a renewal on see the new certificate, those before go on", async () => {
  let current = identity;
  const { server, port } = await startEcho(undefined, { ...alone, identity: () => current });
  const before = await dial(port, ca);
  current = makeServerCertificate(authority, ["127.0.0.1"], 5, new Date());
  before.socket.write(get("/"));
  await expect.poll(() => before.text()).not.toBe("");
  expect(await shownBy(port)).toBe(current.certificate);
  before.socket.destroy();
  await server.stop(0);
});

test("a port of both answers plain http as one of http alone: requests, refusals, who says nothing, who only ends", async () => {
  const { server, port } = await startEcho({ ...defaultPatience, head: 500, checks: 10 }, both);
  expect(echoes(await talk(port, [conversation]))).toMatchObject(targets);
  expect(echoes(await talk(port, [...conversation]))).toMatchObject(targets);
  expect(responses(await talk(port, ["nonsense\r\n\r\n"])).map(({ status }) => status)).toEqual([400]);
  expect(await talk(port, [])).toBe("");
  const slow = await dial(port);
  slow.socket.write("G");
  await slow.closed;
  expect(responses(slow.text()).map(({ status }) => status)).toEqual([408]);
  await expect(dialUntrusting(port)).rejects.toMatchObject({ code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE" });
  await server.stop(0);
});

test("a certificate in a file is there from its first moment on, and renewed by another file in its place", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tls-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "server.pem");
  const put = ({ key, certificate }: typeof identity) => {
    writeFileSync(`${path}.new`, key + certificate);
    renameSync(`${path}.new`, path);
  };
  const logged: string[] = [];
  const { server, port } = await startEcho(undefined, { identity: identityFile(path), plainToo: true }, (line) => logged.push(line));
  await expect(shownBy(port)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(logged).toEqual(["a client that speaks TLS was sent away: there is no certificate yet"]);
  put(identity);
  expect(await shownBy(port)).toBe(identity.certificate);
  const next = makeServerCertificate(authority, ["127.0.0.1"], 5, new Date());
  put(next);
  expect(await shownBy(port)).toBe(next.certificate);
  rmSync(path);
  expect(await shownBy(port)).toBe(next.certificate);
  put({ key: "half", certificate: "" });
  await expect(shownBy(port)).rejects.toMatchObject({ code: "ECONNRESET" });
  expect(echoes(await talk(port, [get("/")]))).toHaveLength(1);
  await server.stop(0);
});

async function shownBy(port: number): Promise<string | undefined> {
  const socket = connectTls({ port, host: "127.0.0.1", ca });
  try {
    await once(socket, "secureConnect");
    return socket.getPeerX509Certificate()?.toString();
  } finally {
    socket.destroy();
  }
}

async function dialUntrusting(port: number): Promise<void> {
  const socket = connectTls({ port, host: "127.0.0.1" });
  try {
    await once(socket, "secureConnect");
  } finally {
    socket.destroy();
  }
}
