import { expect } from "vitest";
import { connect } from "../server.ts";

/**
 * Writes pairs of documents, one pair a transaction, until the server is gone or there are enough.
 * @param acknowledged takes the name of each pair whose commit was answered
 */
export async function write(url: string, writer: string, acknowledged: string[], most = Number.POSITIVE_INFINITY): Promise<void> {
  const driver = connect(url, { retries: 0 });
  try {
    for (let count = 0; count < most; count++) {
      const pair = `${writer}-${count}`;
      await driver.executeLambda(async (transaction) => {
        await transaction.execute("INSERT INTO T ?", { pair, part: 1, blob: "x".repeat(count % 300) });
        await transaction.execute("INSERT INTO T ?", { pair, part: 2 });
      });
      acknowledged.push(pair);
    }
  } catch {
    // The server is gone: what counts is what it acknowledged before.
  } finally {
    driver.close();
  }
}

/** Waits until so many more pairs were acknowledged. */
export async function more(acknowledged: readonly string[], count: number): Promise<void> {
  const enough = acknowledged.length + count;
  await expect.poll(() => acknowledged.length, { timeout: 60_000, interval: 5 }).toBeGreaterThanOrEqual(enough);
}

/** All pairs in the ledger, with the parts that are there. */
export async function read(url: string): Promise<Map<string, number[]>> {
  const driver = connect(url);
  const rows = (await driver.executeLambda((transaction) => transaction.execute("SELECT pair, part FROM T"))).getResultList();
  driver.close();
  const pairs = new Map<string, number[]>();
  for (const row of rows) {
    const pair = row.get("pair")?.stringValue() ?? "";
    pairs.set(pair, [...(pairs.get(pair) ?? []), row.get("part")?.numberValue() ?? 0]);
  }
  return pairs;
}
