import { expect, test } from "vitest";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { type IonValue, list } from "../../../ledger/ion/value.ts";
import { LedgerError } from "../../../ledger/transaction/errors.ts";
import { Fuzzing } from "../fuzzing.ts";
import { Random, randomDocument } from "../random.ts";
import { type Ran, runIn } from "../run-in.ts";
import { startServer } from "../server.ts";
import { Predicates } from "./predicates.ts";

const fuzzing = new Fuzzing(1);

/** What a row shows, of documents known as `a`. */
const shown = [
  ...["VALUE a.k", "VALUE a", "*", "a.*", "VALUE a.v", "a.w, a.k", "VALUE [a.v, a.many[*]]", "VALUE {'v': a.v, 'all': a}", "VALUE a.v.a"],
  ...[
    "COUNT(*)",
    "COUNT(a.v), COUNT(a.nope)",
    "SUM(a.k), AVG(a.k)",
    "SUM(a.v)",
    "MIN(a.w), MAX(a.w)",
    "VALUE SIZE(a)",
    "VALUE a = a",
    "VALUE b",
  ],
];

/** The rows, or what is said instead. */
async function ran(run: () => Promise<Ran>): Promise<Ran> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof LedgerError) return [error.name, error.message];
    throw error;
  }
}

test(
  "fields that are read when a statement names them: the same rows and errors as of values that were read whole",
  fuzzing.options,
  async () => {
    const server = await startServer();
    const ledger = server.registry.ledger("demo");
    if (ledger === undefined) throw new Error("no ledger");
    const random = new Random(fuzzing.seed(55));
    const predicates = new Predicates(random);
    await runIn(ledger, "CREATE TABLE Q");
    const documents: IonValue[] = [];
    for (let k = 0; k < 24; k++) {
      const document = readText(predicates.document(k));
      const more = randomDocument(random);
      if (document.type !== "struct" || more.type !== "struct") throw new Error("documents are structs");
      documents.push({
        type: "struct",
        fields: random.below(2) === 0 ? document.fields : [...more.fields, ...document.fields, ...more.fields],
      });
    }
    for (const document of documents) await runIn(ledger, "INSERT INTO Q ?", document);
    let found = 0;
    for (const _ of fuzzing.rounds(1500)) {
      predicates.parameters = [];
      // Of several conditions those that an index could look up come first; of one there is no first.
      const condition = `(${predicates.condition(["a"])}) OR FALSE`;
      const parameters = predicates.parameters.map(readText);
      const what = random.pick(shown);
      const nested = what === "VALUE b" ? random.pick([", a.many AS b", ", UNPIVOT a AS b", ", a.v.* AS b"]) : "";
      const statement = (source: string) => `SELECT ${what} FROM ${source} AS a${nested} WHERE ${condition}`;
      const stored = await ran(() => runIn(ledger, statement("Q"), ...parameters));
      const given = await ran(() => runIn(ledger, statement("?"), list(documents), ...parameters));
      expect(stored, `${statement("Q")} ${parameters.map(writeText).join(" ")}`).toEqual(given);
      if (stored.length > 2) found++;
    }
    expect(found).toBeGreaterThan(0);
    await server.close();
  },
);
