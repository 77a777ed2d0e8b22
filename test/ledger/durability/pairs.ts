import { connect } from "../server.ts";

/** Pairs of documents, one pair a transaction, until the server is gone or there are enough. @returns the names of those that were acknowledged */
export async function write(url: string, writer: string, most = Number.POSITIVE_INFINITY): Promise<string[]> {
  const driver = connect(url, { retries: 0 });
  const acknowledged: string[] = [];
  try {
    for (let count = 0; count < most; count++) {
      const pair = `${writer}-${count}`;
      await driver.executeLambda(async (transaction) => {
        await transaction.execute("INSERT INTO T ?", { pair, part: 1, blob: "x".repeat(count % 300) });
        await transaction.execute("INSERT INTO T ?", { pair, part: 2 });
      });
      acknowledged.push(pair);
    }
    return acknowledged;
  } catch (error) {
    if (acknowledged.length === 0) throw error;
    return acknowledged;
  } finally {
    driver.close();
  }
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
