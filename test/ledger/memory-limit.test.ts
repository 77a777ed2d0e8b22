import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { connect as dial, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeBinary } from "../../ledger/ion/binary-writer.ts";
import { type IonValue, int, list } from "../../ledger/ion/value.ts";
import { type LedgerProcess, startProcess } from "./durability/process.ts";
import { RawSession, Refused, send } from "./session/client.ts";

const limit = 512 << 20;
let folder: string;
let server: LedgerProcess;
const sockets: Socket[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ledger-"));
  server = await startProcess(folder, { LEDGER_MEMORY: String(limit) });
});
afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  await server.end("SIGTERM");
  await rm(folder, { recursive: true, force: true });
});

/** The most that the process ever had in memory, in bytes. */
function peak(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${server.child.pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) * 1024;
}

/** A statement in a session of its own. @returns its error, or nothing */
async function tried(statement: string, ...Parameters: readonly Record<string, string>[]): Promise<string | undefined> {
  const session = await RawSession.start(server.url);
  try {
    const { id } = await session.begin();
    await session.command("ExecuteStatement", { TransactionId: id, Statement: statement, Parameters });
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.type;
    throw error;
  } finally {
    await session.command("EndSession", {});
  }
}

/** A text that is put behind itself, again and again. */
function doubled(times: number): string {
  const sources = Array.from({ length: times }, (_, count) => `<<v${count} || v${count}>> AS v${count + 1}`);
  return `SELECT VALUE v${times} LIKE 'x%' FROM <<?>> AS v0, ${sources.join(", ")}`;
}

/** Begins a request of 8 MiB, and never sends its last byte. */
function halfSent(): void {
  const { hostname, port } = new URL(server.url);
  const socket = dial(Number(port), hostname);
  sockets.push(socket);
  socket.on("error", () => undefined);
  const size = 8 << 20;
  socket.write(
    `POST / HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: AWS4-HMAC-SHA256 x\r\nX-Amz-Target: QLDBSession.SendCommand\r\nContent-Length: ${size}\r\n\r\n`,
  );
  socket.write("x".repeat(size - 1));
}

function claimingTables(): Record<string, string> {
  const struct: IonValue = {
    type: "struct",
    fields: [{ name: "imports", value: list([{ type: "struct", fields: [{ name: "max_id", value: int(999_900) }] }]) }],
    annotations: ["$ion_symbol_table"],
  };
  const table = writeBinary(struct).subarray(4);
  const bytes = Buffer.concat([Buffer.from([0xe0, 1, 0, 0xea]), ...Array.from({ length: 1000 }, () => table), Buffer.from([0x20])]);
  return { IonBinary: bytes.toString("base64") };
}

test.skipIf(process.platform !== "linux")(
  "whatever is asked at once, the process stays below LEDGER_MEMORY and answers",
  { timeout: 300_000 },
  async () => {
    const text = { IonText: `"${"x".repeat(60_000)}"` };
    const times = <T>(count: number, work: (index: number) => T) => Array.from({ length: count }, (_, index) => work(index));
    times(40, halfSent);
    const [nested, statements, parameters] = await Promise.all([
      Promise.all(times(30, () => tried(doubled(23), text))),
      Promise.all(times(73, (index) => tried(`SELECT VALUE ${index} + SIZE(<<${"1,".repeat(49_000)}1>>) FROM <<0>>`))),
      Promise.all(times(40, () => tried("SELECT VALUE 1 FROM <<?>>", claimingTables()))),
    ]);
    expect(new Set(nested)).toEqual(new Set(["CapacityExceededException"]));
    expect(statements.filter((error) => error !== undefined && error !== "CapacityExceededException")).toEqual([]);
    expect(parameters.filter((error) => error !== undefined && error !== "CapacityExceededException")).toEqual([]);
    expect(peak()).toBeLessThan(limit);
    expect((await send(server.url, { StartSession: { LedgerName: "demo" } })).status).toBe(200);
  },
);
