import { expect, test } from "vitest";
import { FieldReader } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { readText } from "../../../ledger/ion/text.ts";
import { field, type IonValue } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

test("one field is what reading the whole value gives, whatever was read before", () => {
  const random = new Random(11);
  const names = ["a", "b", "name", "aa", "$x"];
  const readers = names.map((name) => [name, new FieldReader(name)] as const);
  for (let count = 0; count < 3000; count++) {
    const fields = Array.from({ length: random.below(5) }, () => ({ name: random.pick(names), value: randomValue(random, 2) }));
    const annotations = random.below(5) === 0 ? { annotations: ["note"] } : {};
    const value: IonValue = random.below(8) === 0 ? randomValue(random, 2) : { type: "struct", fields, ...annotations };
    const bytes = writeBinary(value);
    for (const [name, reader] of readers) expect(reader.read(bytes), name).toEqual(field(value, name));
  }
});

test.each(["{}", "null.struct", "1", "[{a: 1}]", "{b: {a: 1}}", "{a: null}"])("%s", (text) => {
  const value = readText(text);
  expect(new FieldReader("a").read(writeBinary(value))).toEqual(field(value, "a"));
});
