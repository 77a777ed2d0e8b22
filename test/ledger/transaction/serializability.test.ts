import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { startServer } from "../server.ts";
import { RawSession, type RawTransaction, Refused } from "../session/client.ts";

const keys = [0, 1, 2, 3, 4];

/** What a committed transaction saw and did: values by key; undefined for a key that was not there. */
interface Committed {
  readonly id: string;
  readonly reads: ReadonlyMap<number, string | undefined>;
  readonly writes: ReadonlyMap<number, string | undefined>;
}

/** A random transaction: reads by index or by a scan, then inserts, changes or deletes some of the keys. */
async function act(transaction: RawTransaction, random: Random): Promise<Committed> {
  const reads = new Map<number, string | undefined>();
  const writes = new Map<number, string | undefined>();
  const seen = (key: number) => (writes.has(key) ? writes.get(key) : reads.get(key));
  for (let step = random.below(4); step >= 0; step--) {
    const key = random.pick(keys);
    if (random.below(5) === 0) {
      const rows = new Map((await transaction.execute("SELECT VALUE [k, v] FROM T")).map((row) => JSON.parse(row) as [number, string]));
      for (const each of keys) {
        if (!writes.has(each) && !reads.has(each)) reads.set(each, rows.get(each));
        expect(rows.get(each), "a transaction sees one state, and its own changes").toBe(seen(each));
      }
      continue;
    }
    const [row] = await transaction.execute("SELECT VALUE v FROM T WHERE k = ?", String(key));
    const value = row === undefined ? undefined : (JSON.parse(row) as string);
    if (!writes.has(key) && !reads.has(key)) reads.set(key, value);
    if (random.below(3) === 0) continue;
    const next = value !== undefined && random.below(4) === 0 ? undefined : `${transaction.id}/${step}`;
    if (next === undefined) await transaction.execute("DELETE FROM T WHERE k = ?", String(key));
    else if (value === undefined) await transaction.execute("INSERT INTO T ?", `{k: ${key}, v: "${next}"}`);
    else await transaction.execute("UPDATE T SET v = ? WHERE k = ?", `"${next}"`, String(key));
    writes.set(key, next);
  }
  return { id: transaction.id, reads, writes };
}

test("random concurrent transactions: the journal's order explains what each of them saw", async () => {
  const server = await startServer();
  const setup = await RawSession.start(server.url);
  await setup.run("CREATE TABLE T", "CREATE INDEX ON T (k)");
  const committed: Committed[] = [];
  let conflicts = 0;
  const client = async (seed: number) => {
    const random = new Random(seed);
    const session = await RawSession.start(server.url);
    for (let count = 0; count < 60; count++) {
      const transaction = await session.begin();
      try {
        const done = await act(transaction, random);
        await transaction.commit();
        committed.push(done);
      } catch (error) {
        // A transaction that saw two states never commits; it is told at the latest there.
        if (error instanceof Refused) expect(error.type).toBe("OccConflictException");
        else await expect(transaction.commit()).rejects.toMatchObject({ type: "OccConflictException" });
        conflicts++;
      }
    }
  };
  await Promise.all([1, 2, 3, 4, 5, 6].map(client));
  const rows = await setup.run("SELECT VALUE [h.metadata.txId, h.blockAddress.sequenceNo] FROM history(T) AS h");
  const order = new Map(rows.map((row) => JSON.parse(row) as [string, number]));
  const writers = committed.filter(({ id }) => order.has(id)).sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  expect(new Set(writers.map(({ id }) => id))).toEqual(new Set(order.keys()));
  const state = new Map<number, string | undefined>();
  for (const { reads, writes } of writers) {
    for (const [key, value] of reads) expect(state.get(key)).toBe(value);
    for (const [key, value] of writes) state.set(key, value);
  }
  expect(writers.length).toBeGreaterThan(50);
  expect(conflicts).toBeGreaterThan(10);
  await server.close();
});
