import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { command, greeting, serveError } from "../../../cli/ledger/serve.ts";
import { UsageError, UserError } from "../../../common/errors.ts";
import { FolderLockError } from "../../../ledger/folder-lock.ts";
import { JournalError } from "../../../ledger/journal/records.ts";
import { logTo } from "../../../ledger/log.ts";
import { connect } from "../../ledger/server.ts";
import { runLedger } from "./run.ts";
import { startServe } from "./start-serve.ts";

let folder: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nitro-serve-"));
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(folder, { recursive: true, force: true });
});

function start(...args: string[]) {
  const server = startServe(folder, args);
  children.push(server.child);
  return server;
}

test("serves a ledger that drivers and commands use, and ends cleanly on Ctrl-C", async () => {
  const server = start("--port", "0", "--dir", "data", "--name", "mine");
  const url = await server.url();
  expect(server.output.stdout).toContain(`export AWS_ENDPOINT_URL_QLDB_SESSION=${url}`);
  const driver = connect(url, { ledger: "mine" });
  await driver.executeLambda(async (transaction) => {
    await transaction.execute("CREATE TABLE T");
  });
  driver.close();
  await runLedger(["query", "INSERT INTO T {'n': 1}", "--endpoint", url]);
  server.child.kill("SIGINT");
  expect(await server.ended).toBe(0);
  expect(server.output.stdout).toMatch(/Ctrl-C ends it\nledger ended; its data is in data\n$/);
  expect(server.output.stderr).toBe("");
  expect(readdirSync(join(folder, "data"))).toEqual(["mine", "server.lock"]);

  const again = start("--port", "0", "--dir", "data", "--name", "mine");
  expect((await runLedger(["query", "SELECT * FROM T", "--endpoint", await again.url()])).stdout).toBe("{n:1}\n");
  again.child.kill("SIGTERM");
  expect(await again.ended).toBe(0);
});

test("a ledger may be called lock, as a file was beside the ledgers", async () => {
  for (const lock of ["nothing", "what a former version left"]) {
    if (lock !== "nothing") {
      rmSync(join(folder, "data"), { recursive: true });
      mkdirSync(join(folder, "data"));
      writeFileSync(join(folder, "data/lock"), "");
    }
    for (const time of ["made", "opened again"]) {
      const server = start("--port", "0", "--dir", "data", "--name", "lock");
      await server.url();
      server.child.kill("SIGTERM");
      expect(await server.ended, `${lock}, ${time}`).toBe(0);
    }
  }
});

test.skipIf(process.platform !== "linux")("folders that nobody can make are told at once", async () => {
  const proc = start("--port", "0", "--dir", "/proc/x/y");
  expect(await proc.ended).toBe(1);
  expect(proc.output.stderr).toBe(
    "error: the folder /proc/x/y cannot be used: ENOENT: no such file or directory, mkdir '/proc/x'\n  use another one: ./nitro ledger serve --dir D\n",
  );
  const file = start("--port", "0", "--dir", "/dev/null/x");
  expect(await file.ended).toBe(1);
  expect(file.output.stderr).toBe("error: /dev/null/x is no folder\n  use another one: ./nitro ledger serve --dir D\n");
});

test("the defaults: ./ledger-data, a ledger named ledger", async () => {
  const server = start("--port", "0");
  expect((await runLedger(["tables", "--endpoint", await server.url(), "--ledger", "ledger"])).code).toBe(0);
  expect(existsSync(join(folder, "ledger-data/ledger/ledger.json"))).toBe(true);
});

test("a folder that another process serves: who, and what to do", async () => {
  const server = start("--port", "0");
  await server.url();
  const second = start("--port", "0");
  expect(await second.ended).toBe(1);
  const { pid } = server.child;
  const since = "\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z";
  expect(second.output.stderr).toMatch(
    new RegExp(
      `^error: the folder \\./ledger-data is in use by process ${pid} on \\S+ since ${since}\n` +
        `  end that one \\(kill ${pid}\\), or keep other ledgers elsewhere: --dir D\n$`,
    ),
  );
});

test("a port in use: who has it, and a free one; no folder is left", async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const server = start("--port", String(port));
  expect(await server.ended).toBe(1);
  expect(server.output.stderr).toMatch(new RegExp(`^error: port ${port} is in use.*\n {2}\\./nitro ledger serve --port \\d+\n$`));
  expect(Number(/--port (\d+)/.exec(server.output.stderr)?.[1])).toBeGreaterThan(port);
  other.close();
  expect(existsSync(join(folder, "ledger-data"))).toBe(false);
});

test("a file where the folder should be, an address of another machine, a damaged ledger", async () => {
  writeFileSync(join(folder, "file"), "");
  const file = start("--port", "0", "--dir", "file");
  await file.ended;
  expect(file.output.stderr).toBe("error: file is no folder\n  use another one: ./nitro ledger serve --dir D\n");
  const host = start("--port", "0", "--host", "192.0.2.1");
  await host.ended;
  expect(host.output.stderr).toMatch(/^error: --host 192\.0\.2\.1 is no address of this machine \(EADDRNOTAVAIL\)\n/);
  mkdirSync(join(folder, "bad/ledger"), { recursive: true });
  writeFileSync(join(folder, "bad/ledger/ledger.json"), "{");
  const bad = start("--port", "0", "--dir", "bad");
  await bad.ended;
  expect(bad.output.stderr).toMatch(/^error: \S+ledger\.json is damaged: .*\n$/);
});

test.each([
  [["--port", "70000"], '--port is "70000": allowed are 0 to 65535'],
  [["--port", "http"], '--port is "http"'],
  [["--name", "a--b"], '--name is "a--b": allowed are 1 to 32 letters, digits and single hyphens'],
  [["--name", "12"], '--name is "12"'],
  [["--name", "../x"], '--name is "../x"'],
  [["--dir", ""], "--dir is empty"],
  [["--host", ""], "--host is empty"],
  [["extra"], 'unexpected argument "extra"'],
])("%j is told what is wrong before anything is made", (args, message) => {
  expect(() => command.parse(args)).toThrow(UsageError);
  expect(() => command.parse(args)).toThrow(message);
});

const given = { dir: "data", port: 8182, name: "ledger", host: "127.0.0.1", tls: false };
const system = (code: string, syscall: string) => Object.assign(new Error(`${code}: ${syscall} failed`), { code, syscall });

test.each([
  [
    new FolderLockError("/x/data", { pid: 7, host: "far" }),
    "the folder data is in use by process 7 on far",
    /^end that one \(kill 7 on far\), .* --dir D$/,
  ],
  [
    new FolderLockError("/x/data", { pid: 1, host: "0123456789ab", container: "0123456789ab", since: "2026-01-02T03:04:05.000Z" }),
    "the folder data is in use by container 0123456789ab (process 1 in it) since 2026-01-02T03:04:05.000Z",
    /^end that one \(docker stop 0123456789ab\), .* --dir D$/,
  ],
  [new FolderLockError("/x/data", undefined), "the folder data is in use by another process", /--dir D$/],
  [
    new JournalError("/x/data/ledger/journal", 256, "the checksum of a record does not fit"),
    "/x/data/ledger/journal, offset 256: the checksum of a record does not fit",
    /^put it back from a copy; .* remove the folder \/x\/data\/ledger: /,
  ],
  [system("EACCES", "mkdir"), "the folder data cannot be written: EACCES: mkdir failed", /serve --dir D$/],
  [system("EROFS", "open"), "the folder data cannot be written: EROFS: open failed", /serve --dir D$/],
  [system("ENOSPC", "write"), "the folder data cannot be used: ENOSPC: write failed", /serve --dir D$/],
  [system("EACCES", "listen"), "port 8182 is for root alone", /serve --port 8182$/],
  [system("ENOTFOUND", "getaddrinfo"), "--host 127.0.0.1 is no address of this machine (ENOTFOUND)", /serve --host 127\.0\.0\.1$/],
])("%s", async (error, message, hint) => {
  const found = await serveError(error, given);
  expect(found).toBeInstanceOf(UserError);
  expect(found).toMatchObject({ message, hint: expect.stringMatching(hint) });
});

test("the greeting names an address that works, and says which ledger is meant where there are several", () => {
  const text = greeting({ ...given, host: "0.0.0.0" }, { port: 9, ledgers: ["ledger"] });
  expect(text).toContain("ledger ledger answers at http://127.0.0.1:9, its data is in data\n");
  expect(text).toContain("look: ./nitro ledger tables --endpoint http://127.0.0.1:9\n");
  const several = greeting({ ...given, host: "::1" }, { port: 9, ledgers: ["ledger", "other"] });
  expect(several).toContain("answers at http://[::1]:9, its data is in data (with it: other)");
  expect(several).toContain("--endpoint http://[::1]:9 --ledger ledger\n");
});

test("the greeting with https: what programs need to trust it", () => {
  const text = greeting(given, { port: 9, ledgers: ["ledger"] }, { authority: "/it's/ca.pem" });
  expect(text).toContain("export AWS_ENDPOINT_URL_QLDB_SESSION=https://127.0.0.1:9 ");
  expect(text).toContain("\n  export AWS_CA_BUNDLE='/it'\\''s/ca.pem'         # Go and Python\n");
  expect(text).toContain("\n  export NODE_EXTRA_CA_CERTS='/it'\\''s/ca.pem'   # Node\n");
  expect(text).toContain("\n  keytool -importcert -noprompt -alias nitro -file '/it'\\''s/ca.pem' -keystore nitro.p12 ");
  expect(text).toContain("look: ./nitro ledger tables --endpoint https://127.0.0.1:9\n");
  expect(greeting(given, { port: 9, ledgers: ["ledger"] })).not.toContain("CERTS");
});

test("the log: lines for people on a terminal, JSON elsewhere", () => {
  const lines: string[] = [];
  const write = (text: string) => lines.push(text) > 0;
  const now = () => new Date("2026-01-02T03:04:05Z");
  logTo({ isTTY: false, write } as unknown as NodeJS.WriteStream, now)("hello");
  logTo({ isTTY: true, write } as unknown as NodeJS.WriteStream, now)("hello");
  logTo({ isTTY: true, write } as unknown as NodeJS.WriteStream, now)("no", "error");
  expect(lines).toEqual([
    '{"time":"2026-01-02T03:04:05.000Z","level":"info","message":"hello"}\n',
    "03:04:05 hello\n",
    "03:04:05 error: no\n",
  ]);
});

test("where it cannot listen no folder is left that was not there", async () => {
  const taken = createServer();
  await once(taken.listen(0, "127.0.0.1"), "listening");
  const { port } = taken.address() as AddressInfo;
  try {
    mkdirSync(join(folder, "there"));
    for (const dir of ["new/deep/data", "there"]) {
      const server = start("--port", String(port), "--dir", dir);
      expect(await server.ended).toBe(1);
      expect(server.output.stderr).toContain(`port ${port}`);
    }
    expect(existsSync(join(folder, "new"))).toBe(false);
    expect(existsSync(join(folder, "there"))).toBe(true);
  } finally {
    taken.close();
  }
});
