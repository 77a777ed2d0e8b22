import { once } from "node:events";
import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { logFileMegabytes } from "../../docker/create.ts";
import { presentRun, readSecrets, type ServiceRun, saysUnsealed, waitUnsealed } from "../../executable/service-secrets.ts";
import { innerPorts } from "../../model/names.ts";

const unsealedLine = '{"level":"info","message":"zebpayApiKey is loaded in secrets!"}';
const [sealed, unsealed] = [{ sealed: true }, { sealed: false }];

/** What a program answers to a request with this body. */
type Program = (request: IncomingMessage, body: string) => { status: number; body: string };

/** Looks at its secrets first, and tells nothing else of them. */
const strict =
  (has: () => boolean): Program =>
  ({ url }) => {
    if (url === "/v1/payments/info") return { status: 200, body: '{"encryptionKeyArn":"arn","environment":"development"}' };
    return {
      status: 400,
      body: has() ? '{"message":"Error in request structure"}' : '{"message":"secrets are not yet loaded","code":400}',
    };
  };

/** Looks at the payment first. */
const lenient: Program = () => ({ status: 400, body: '{"message":"Error in request structure"}' });

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A service that runs, and the engine that knows its log. */
async function bench(program: Program, log: Iterable<string> = []) {
  const requests: string[] = [];
  const server = createServer(async (request, answer) => {
    const body = await text(request);
    requests.push(`${request.method} ${request.url} ${body}`.trim());
    const answered = program(request, body);
    answer.writeHead(answered.status).end(answered.body);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  ends.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  let reads = 0;
  const run: ServiceRun = {
    ...{ id: "c1", name: "nitro-alice-service", running: true, created: "2026-11-24T00:50:38Z", finishedAt: "0001-01-01T00:00:00Z" },
    ...{
      startedAt: "2026-11-24T00:50:39Z",
      ports: [{ hostIp: "127.0.0.1", hostPort: port, containerPort: innerPorts.service, protocol: "tcp" }],
    },
  };
  const engine = {
    host: "unix:///nowhere",
    exec: () => Promise.reject(new Error("it is asked from here")),
    inspect: async () => run as never,
    async *logs() {
      reads += 1;
      for (const line of log) yield { stream: "stderr" as const, line };
    },
  };
  const notes = { root: mkdtempSync(join(tmpdir(), "nitro-secrets-")), stack: "alice" };
  return { engine, run, notes, requests, reads: () => reads };
}

test("a service that tells it with what it is, is believed, whatever its log says", async () => {
  for (const state of [true, false]) {
    const { engine, run, notes, requests } = await bench(() => ({ status: 200, body: JSON.stringify({ sealed: state }) }), []);
    expect(await readSecrets(engine, run, notes)).toEqual({ sealed: state });
    expect(requests).toEqual(["GET /v1/payments/info"]);
  }
});

test("another one is asked to prepare what is no payment, unsigned", async () => {
  const { engine, run, notes, requests } = await bench(
    strict(() => false),
    [unsealedLine],
  );
  expect(await readSecrets(engine, run, notes)).toEqual(sealed);
  expect(requests).toHaveLength(2);
  const [, path, body = ""] = /^POST (\S+) (.*)$/.exec(requests[1] ?? "") ?? [];
  expect(path).toBe("/v1/payments/prepare");
  expect(JSON.parse(body)).toMatchObject({ to: "", from: "", amount: "0", currency: "", custodian: "dryrun-prepare-fails" });
});

test("where its answer tells nothing, its log does", async () => {
  const open = await bench(lenient, ["listening", unsealedLine]);
  expect(await readSecrets(open.engine, open.run, open.notes)).toEqual(unsealed);
  const waiting = await bench(lenient, ["listening", '{"level":"error","error":"too few operator shares"}']);
  expect(await readSecrets(waiting.engine, waiting.run, waiting.notes)).toEqual({ sealed: true, reason: "too few operator shares" });
});

function* manyLines(bytes: number): Generator<string> {
  const line = `{"level":"debug","message":"${"x".repeat(1_000)}"}`;
  for (let written = 0; written < bytes; written += line.length) yield line;
}

test("a log whose beginning may have been dropped makes no service sealed", async () => {
  const { engine, run, notes } = await bench(lenient, manyLines(logFileMegabytes * 1e6));
  expect(await readSecrets(engine, run, notes)).toEqual(unsealed);
  const short = await bench(lenient, manyLines(1e6));
  expect(await readSecrets(short.engine, short.run, short.notes)).toEqual(sealed);
});

test("a process that has its secrets is not asked again, another one is", async () => {
  const { engine, run, notes, requests, reads } = await bench(
    strict(() => true),
    [unsealedLine],
  );
  expect(await readSecrets(engine, run, notes)).toEqual(unsealed);
  const asked = requests.length;
  expect(await readSecrets(engine, run, notes)).toEqual(unsealed);
  expect([requests.length, reads()]).toEqual([asked, 1]);

  const other = await bench(strict(() => false));
  const program = { pid: 20, sha256: "0", since: run.startedAt };
  const [restarted, replaced] = [
    { ...run, startedAt: "2026-11-25T00:00:00Z" },
    { ...run, id: "c2" },
  ];
  for (const each of [restarted, replaced, { ...run, program }]) {
    const here = { ...each, ports: other.run.ports };
    expect(await readSecrets(other.engine, here, notes)).toEqual(sealed);
  }
});

test("where it cannot be remembered it is asked each time", async () => {
  const { engine, run, notes } = await bench(
    strict(() => true),
    [unsealedLine],
  );
  const file = join(notes.root, "file");
  writeFileSync(file, "");
  expect(await readSecrets(engine, run, { ...notes, root: file })).toEqual(unsealed);
});

test("waiting ends as soon as the service has its secrets", async () => {
  let has = false;
  const log: string[] = [];
  const { engine, run, notes, requests } = await bench(
    strict(() => {
      if (requests.length > 5) {
        has = true;
        log.push(unsealedLine);
      }
      return has;
    }),
    log,
  );
  expect(await waitUnsealed(engine, run, notes, new AbortController().signal)).toBe("unsealed");
});

test("waiting ends with this run of the service, and with the signal", async () => {
  const { engine, run, notes } = await bench(strict(() => false));
  const later = { ...engine, inspect: async () => ({ ...run, startedAt: "2026-11-25T00:00:00Z" }) as never };
  expect(await waitUnsealed(later, run, notes, new AbortController().signal)).toBe("ended");
  const stopped = { ...engine, inspect: async () => ({ ...run, running: false }) as never };
  expect(await waitUnsealed(stopped, run, notes, new AbortController().signal)).toBe("ended");
  expect(await waitUnsealed(engine, run, notes, AbortSignal.abort())).toBe("stopped");
});

test("knows the service's word for being unsealed from the rest of its log", () => {
  expect(saysUnsealed(unsealedLine)).toBe(true);
  expect(saysUnsealed('{"level":"info","message":"waiting for shares"}')).toBe(false);
});

test("counts what was logged since the run before ended, or since the container was made", () => {
  const created = "2026-11-24T00:50:38.003890544Z";
  expect(presentRun({ created, finishedAt: "0001-01-01T00:00:00Z" })).toEqual(new Date("2026-11-24T00:50:38.003Z"));
  expect(presentRun({ created, finishedAt: "2026-11-24T01:00:00Z" })).toEqual(new Date("2026-11-24T01:00:00Z"));
  const since = "2026-11-24T02:00:00Z";
  const program = { pid: 7, sha256: "0", since };
  expect(presentRun({ created, finishedAt: "2026-11-24T01:00:00Z", program })).toEqual(new Date(since));
});
