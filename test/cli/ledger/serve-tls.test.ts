import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { expect, onTestFinished, test, vi } from "vitest";
import { hostsOf, IdentityKeeper } from "../../../cli/ledger/serve-identity.ts";
import { repository } from "../../../images/inputs.ts";
import { LedgerHttp } from "../../../ledger/client/http.ts";
import { HttpServer } from "../../../ledger/http/http-server.ts";
import { authorityFiles } from "../../../toolchain/home.ts";
import { EchoService } from "../../ledger/http/echo-server.ts";
import { connect } from "../../ledger/server.ts";
import { testFolder } from "../../toolchain/folder.ts";
import { runLedger } from "./run.ts";
import { startServe } from "./start-serve.ts";

const dayMs = 86_400_000;

/** A server in a process of its own, and the environment of those who share its NITRO_HOME. */
function startTls(folder: string, ...args: string[]) {
  const env = { NITRO_HOME: join(folder, "home") };
  const server = startServe(folder, ["--tls", "--port", "0", ...args], env);
  onTestFinished(() => {
    server.child.kill("SIGKILL");
  });
  return { ...server, env, files: authorityFiles(env) };
}

test("https for the unchanged driver with an agent that trusts the authority, and for commands without any setting", async () => {
  const server = startTls(testFolder(), "--dir", "data");
  const url = await server.url();
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect(server.output.stdout).toContain(`export NODE_EXTRA_CA_CERTS='${server.files.certificate}'`);
  expect(statSync(server.files.key).mode & 0o777).toBe(0o600);
  const driver = connect(url, { ledger: "ledger", ca: readFileSync(server.files.certificate, "utf8") });
  const rows = await driver.executeLambda(async (transaction) => {
    await transaction.execute("CREATE TABLE T");
    await transaction.execute("INSERT INTO T ?", { n: 1 });
    return (await transaction.execute("SELECT * FROM T")).getResultList();
  });
  expect(rows.map(String)).toEqual(["{n: 1}"]);
  driver.close();
  expect((await runLedger(["query", "SELECT n FROM T", "--endpoint", url], { env: server.env })).stdout).toBe("{n:1}\n");
  const localhost = url.replace("127.0.0.1", "localhost");
  expect((await runLedger(["tables", "--json", "--endpoint", localhost], { env: server.env })).stdout).toContain('"T"');
  server.child.kill("SIGINT");
  expect(await server.ended).toBe(0);
  expect(server.output.stderr).toBe("");
});

/** As AWS's sample for Node connects: by the environment alone, but for an agent of its own. */
const sample = `
  import { Agent } from "node:https";
  import { QldbDriver } from "amazon-qldb-driver-nodejs";
  import { CreateLedgerCommand, DescribeLedgerCommand, QLDBClient } from "@aws-sdk/client-qldb";
  const name = "vehicle-registration";
  const control = new QLDBClient({});
  await control.send(new CreateLedgerCommand({ Name: name, PermissionsMode: "ALLOW_ALL" }));
  const { State } = await control.send(new DescribeLedgerCommand({ Name: name }));
  const driver = new QldbDriver(name, {}, { httpsAgent: new Agent({ maxSockets: 10 }) }, 10);
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE Vehicle"));
  console.log(State, ...(await driver.getTableNames()));
  driver.close();
`;

test("a program that takes its settings from the environment needs no more than the lines that are printed", async () => {
  const server = startTls(testFolder());
  await server.url();
  const lines = server.output.stdout.split("\n").filter((line) => /^ +export (AWS|NODE)_/.test(line));
  expect(lines).toHaveLength(5);
  const script = `${lines.join("\n")}\nunset AWS_CA_BUNDLE\nexec "$NODE" --input-type=module -e "$PROGRAM"`;
  const env = { PATH: process.env.PATH, HOME: testFolder(), NODE: process.execPath, PROGRAM: sample };
  expect(execFileSync("sh", ["-c", script], { cwd: repository, env, encoding: "utf8" })).toBe("ACTIVE Vehicle\n");
});

test("who does not know the authority is refused, and told why", async () => {
  const server = startTls(testFolder());
  const url = await server.url();
  const driver = connect(url, { ledger: "ledger", retries: 0 });
  await expect(driver.executeLambda((transaction) => transaction.execute("CREATE TABLE T"))).rejects.toThrow("certificate");
  driver.close();
  const stranger = runLedger(["tables", "--endpoint", url], { env: { NITRO_HOME: testFolder() } });
  await expect(stranger).rejects.toMatchObject({
    message: `the certificate of ${url} is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)`,
    hint: expect.stringContaining("NODE_EXTRA_CA_CERTS"),
  });
  const plain = runLedger(["tables", "--endpoint", url.replace("https", "http")], { env: server.env });
  await expect(plain).rejects.toThrow(/^nothing answers at http:/);
});

test("two servers that start at once agree on one authority", async () => {
  const folder = testFolder();
  const servers = ["a", "b"].map((dir) => startTls(folder, "--dir", dir));
  for (const server of servers) {
    const answer = await runLedger(["tables", "--endpoint", await server.url()], { env: server.env });
    expect(answer.code).toBe(0);
  }
});

test("a damaged authority keeps the server from starting, before anything is made", async () => {
  const folder = testFolder();
  const first = startTls(folder, "--dir", "data");
  await first.url();
  first.child.kill("SIGKILL");
  await first.ended;
  writeFileSync(first.files.key, "half");
  const second = startTls(folder, "--dir", "other");
  expect(await second.ended).toBe(1);
  expect(second.output.stderr).toContain(`error: ${first.files.key} is damaged`);
  expect(existsSync(join(folder, "other"))).toBe(false);
});

test("a certificate that nears its end, or is over, is replaced while the server runs", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  onTestFinished(() => void vi.useRealTimers());
  const start = Date.now();
  let time = start - 100 * dayMs;
  const env = { NITRO_HOME: testFolder() };
  const keeper = await IdentityKeeper.start({ hosts: ["127.0.0.1"], env, now: () => new Date(time) });
  const log = (message: string) => {
    throw new Error(message);
  };
  const server = new HttpServer(new EchoService(), { log, tls: { identity: () => keeper.identity, plainToo: false } });
  const port = await server.listen(0, "127.0.0.1");
  onTestFinished(() => server.stop(0));
  const authority = readFileSync(authorityFiles(env).certificate, "utf8");
  const ask = () => {
    const http = new LedgerHttp(`https://127.0.0.1:${port}`, "", { authority });
    return http.control("GET", "/");
  };
  await expect(ask()).rejects.toThrow("is not trusted (CERT_HAS_EXPIRED)");
  const unwatch = keeper.watch(log);
  const first = keeper.identity;
  time += 59 * dayMs;
  await keeper.renew();
  expect(keeper.identity).toBe(first);
  time = start;
  vi.advanceTimersByTime(3_600_000);
  await vi.waitFor(() => expect(keeper.identity).not.toBe(first));
  expect(await ask()).toMatchObject({ method: "GET" });
  unwatch();
  expect(vi.getTimerCount()).toBe(0);
});

test("whom it may be asked for: this machine's names, the host given, and LEDGER_HOSTS", async () => {
  expect(hostsOf("127.0.0.1", [])).toEqual(["localhost", "127.0.0.1", "::1"]);
  expect(hostsOf("ledger.example", ["a.example"])).toEqual(["localhost", "127.0.0.1", "::1", "ledger.example", "a.example"]);
  expect(hostsOf("0.0.0.0", [])).toEqual(expect.arrayContaining(["localhost", "127.0.0.1", "::1", hostname()]));
  const server = startServe(testFolder(), ["--tls", "--port", "0", "--host", "::"], {
    NITRO_HOME: testFolder(),
    LEDGER_HOSTS: "a.example",
  });
  onTestFinished(() => {
    server.child.kill("SIGKILL");
  });
  const socket = connectTls({ port: Number(new URL(await server.url()).port), host: "127.0.0.1", rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const certificate = socket.getPeerX509Certificate();
  expect([certificate?.checkHost("a.example"), certificate?.checkIP("::1")]).toEqual(["a.example", "::1"]);
  socket.destroy();
});
