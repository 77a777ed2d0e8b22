import { join } from "node:path";
import { table } from "../../common/table.ts";
import { LedgerHttp } from "../../ledger/client/http.ts";
import { LedgerClient } from "../../ledger/client/session.ts";
import { toDouble } from "../../ledger/ion/compare.ts";
import { field, type IonValue, list, text, textField } from "../../ledger/ion/value.ts";
import { median } from "../clock.ts";
import { judgedFigure } from "./measured.ts";
import { ionDocument, scanDocument } from "./scan-documents.ts";
import { benchLedgerName, type LedgerServer } from "./server.ts";
import { SqliteDocuments } from "./sqlite-scans.ts";

/** As many documents a transaction of QLDB may have. */
const batch = 40;
const clients = 16;

function connect(ledger: LedgerServer): LedgerClient {
  return new LedgerClient(new LedgerHttp(ledger.url, ""), benchLedgerName);
}

/** Makes a table of documents, without an index. */
async function fillScanned(ledger: LedgerServer, name: string, documents: number): Promise<void> {
  await connect(ledger).execute(`CREATE TABLE ${name}`);
  let next = 0;
  const work = async () => {
    const client = connect(ledger);
    while (next < documents) {
      const from = next;
      next += batch;
      const values = Array.from({ length: Math.min(batch, documents - from) }, (_, index) => ionDocument(scanDocument(from + index)));
      await client.execute(`INSERT INTO ${name} ?`, [list(values)]);
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: clients }, work));
}

type Ask = (statement: string, ...parameters: string[]) => Promise<IonValue[]>;

/** A question to both; their answers have to be the same. */
interface Question {
  readonly name: string;
  readonly ledger: (ask: Ask, table: string) => Promise<string>;
  readonly sqlite: (documents: SqliteDocuments) => string;
  /** How many times SQLite's time it may take. */
  readonly most: number | undefined;
}

/** Rounds in which both become as fast as they get. */
const warmUp = 5;

const most = 5;
const [state, currency, pattern] = ["failed", "BAT", "%der 17 of customer 9%"];
const sorted = (ids: readonly unknown[]) => ids.toSorted().join(" ");
const idsOf = (rows: readonly IonValue[]) => sorted(rows.map((row) => textField(row, "id")));
const number = ([row]: readonly IonValue[], digits: number) => (toDouble(field(row, "answer") ?? text("")) ?? Number.NaN).toFixed(digits);

const questions: readonly Question[] = [
  {
    name: "COUNT(*)",
    ledger: async (ask, name) => number(await ask(`SELECT COUNT(*) AS answer FROM ${name}`), 0),
    sqlite: (documents) => documents.count().toFixed(0),
    most: undefined,
  },
  {
    name: "two fields",
    ledger: async (ask, name) => idsOf(await ask(`SELECT id FROM ${name} WHERE state = ? AND currency = ?`, state, currency)),
    sqlite: (documents) => sorted(documents.filter(state, currency)),
    most,
  },
  {
    name: "SUM",
    ledger: async (ask, name) => number(await ask(`SELECT SUM(amount) AS answer FROM ${name}`), 2),
    sqlite: (documents) => documents.sum().toFixed(2),
    most,
  },
  {
    name: "LIKE",
    ledger: async (ask, name) => idsOf(await ask(`SELECT id FROM ${name} WHERE note LIKE ?`, pattern)),
    sqlite: (documents) => sorted(documents.like(pattern)),
    most,
  },
];

/** What a table's questions took. */
interface Scanned {
  readonly rows: string[][];
  /** By how much the server grew while it was asked, once it was warm, in MiB. */
  readonly grownMiB: number;
}

/** Fills the tables that are asked. */
export async function fillScans(ledger: LedgerServer, sizes: readonly number[]): Promise<void> {
  for (const documents of sizes) await fillScanned(ledger, nameOf(documents), documents);
  await ledger.settled();
}

/** Questions that every document has to be looked at for, in turns with SQLite over the same documents as JSON, in tables of growing size. */
export async function scans(ledger: LedgerServer, folder: string, sizes: readonly number[], rounds: number): Promise<string> {
  const found: Scanned[] = [];
  for (const documents of sizes) found.push(await scanned(ledger, folder, documents, rounds));
  const last = found.at(-1);
  const counts = await countRatio(ledger, sizes);
  return [
    table(
      ["documents", "question", "ledger", "SQLite's JSON", "ledger against it"],
      found.flatMap(({ rows }) => rows),
    ),
    table(
      [`${sizes.at(-1)} documents`, ""],
      [
        ["COUNT(*), against the smallest table", judgedFigure(counts, { most: 2 }, " ×", 1)],
        ["memory that the server grows by while it scans", judgedFigure(last?.grownMiB ?? Number.NaN, { most: 64 }, " MiB", 0)],
      ],
    ),
  ].join("\n");
}

async function scanned(ledger: LedgerServer, folder: string, documents: number, rounds: number): Promise<Scanned> {
  const name = nameOf(documents);
  const reference = new SqliteDocuments(join(folder, `${name}.db`), documents);
  const client = connect(ledger);
  const ask: Ask = (statement, ...parameters) => client.execute(statement, parameters.map(text));
  const own = questions.map((): number[] => []);
  const other = questions.map((): number[] => []);
  let [before, highest] = [0, 0];
  for (let round = -warmUp; round < rounds; round++) {
    if (round <= 0) [before, highest] = [highest, 0];
    for (const [index, { name: asked, ledger: ofLedger, sqlite }] of questions.entries()) {
      const [began, watch] = [performance.now(), watchMemory(ledger)];
      const answer = await ofLedger(ask, name);
      const middle = performance.now();
      highest = Math.max(highest, await watch());
      const resumed = performance.now();
      const expected = sqlite(reference);
      const end = performance.now();
      if (answer !== expected) throw new Error(`${asked} of ${documents}: the ledger found ${answer}, SQLite ${expected}`);
      if (round < 0) continue;
      own[index]?.push(middle - began);
      other[index]?.push(end - resumed);
    }
  }
  await client.close();
  reference.close();
  const rows = questions.map(({ name: asked, most: allowed }, index) => {
    const [ours, theirs] = [own[index] ?? [], other[index] ?? []];
    const ratio = median(ours.map((ms, place) => ms / (theirs[place] ?? Number.NaN)));
    const judged = allowed === undefined ? `${ratio.toFixed(1)} ×` : judgedFigure(ratio, { most: allowed }, " ×", 1);
    return [String(documents), asked, `${median(ours).toFixed(1)} ms`, `${median(theirs).toFixed(1)} ms`, judged];
  });
  return { rows, grownMiB: (highest - before) / 2 ** 20 };
}

function nameOf(documents: number): string {
  return `scanned${documents}`;
}

/** How often a COUNT(*) of the smallest and of the largest table are compared: they take little more than their requests. */
const counted = 50;

/** What COUNT(*) of the largest table takes against that of the smallest, asked in turns. */
async function countRatio(ledger: LedgerServer, sizes: readonly number[]): Promise<number> {
  const client = connect(ledger);
  const took = async (documents: number): Promise<number> => {
    const began = performance.now();
    await client.execute(`SELECT COUNT(*) AS answer FROM ${nameOf(documents)}`);
    return performance.now() - began;
  };
  const [least = 0, largest = 0] = [sizes[0], sizes.at(-1)];
  const ratios: number[] = [];
  for (let round = 0; round < counted; round++) {
    const smallest = await took(least);
    ratios.push((await took(largest)) / smallest);
  }
  await client.close();
  return median(ratios);
}

/** Looks at the server's memory now and then. @returns what ends it, and tells the most, in bytes */
function watchMemory(ledger: LedgerServer): () => Promise<number> {
  const looks: Promise<number>[] = [];
  const timer = setInterval(() => looks.push(ledger.memory()), 20);
  return async () => {
    clearInterval(timer);
    looks.push(ledger.memory());
    return Math.max(...(await Promise.all(looks)));
  };
}
