import { expect, test } from "vitest";
import { LastRevisions } from "../../../ledger/client/last-revisions.ts";
import { Random } from "../random.ts";

test("knows of every document what was last told of it, as a map of maps does", () => {
  const random = new Random(81);
  const found = new LastRevisions();
  const reference = new Map<string, Map<string, Buffer>>();
  for (let step = 0; step < 20_000; step++) {
    const [table, id] = [random.pick(["t", "u", "v"]), `document-${random.below(3000)}`];
    const documents = reference.get(table) ?? new Map<string, Buffer>();
    reference.set(table, documents);
    if (random.below(3) === 0) {
      documents.delete(id);
      found.remove(table, id);
    } else {
      const hash = Buffer.from(Array.from({ length: 32 }, () => random.below(256)));
      documents.set(id, hash);
      found.put(table, id, hash);
    }
  }
  for (const [table, documents] of reference) {
    expect(found.count(table)).toBe(documents.size);
    expect([...found.ids(table)].sort()).toEqual([...documents.keys()].sort());
    for (const [id, hash] of documents) expect(found.hash(table, id).equals(hash), id).toBe(true);
  }
  expect(found.hash("t", "nothing")).toHaveLength(0);
  expect([found.count("nothing"), ...found.ids("nothing")]).toEqual([0]);
});
