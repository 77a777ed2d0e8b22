import { QldbDriver } from "amazon-qldb-driver-nodejs";
import { type Measured, measured } from "./measured.ts";
import { payment } from "./payment.ts";
import { benchLedgerName } from "./server.ts";

/** One client: inserts one document a transaction through Amazon's driver for Node. The table has to be there. */
export async function nodeInserts(endpoint: string, seconds: number, warmUp = 200): Promise<Measured> {
  const client = { endpoint, region: "us-east-1", credentials: { accessKeyId: "bench", secretAccessKey: "bench" } };
  const driver = new QldbDriver(benchLedgerName, client, {}, 1);
  const insert = (number: number) =>
    driver.executeLambda((transaction) => transaction.execute("INSERT INTO payments ?", payment(`node-${began}-${number}`)));
  let began = performance.now();
  try {
    for (let number = 0; number < warmUp; number++) await insert(number);
    began = performance.now();
    const durations: number[] = [];
    while (performance.now() - began < seconds * 1000) {
      const start = performance.now();
      await insert(durations.length);
      durations.push(performance.now() - start);
    }
    return measured(durations, (performance.now() - began) / 1000);
  } finally {
    driver.close();
  }
}
