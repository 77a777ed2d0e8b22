import { expect, test } from "vitest";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { readText } from "../../../ledger/ion/text.ts";
import { StructReader } from "../../../ledger/ion/unread-struct.ts";
import { field, type IonValue } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

const names = ["a", "b", "name", "aa", "$x"];

/** A value as it is once all of it has been read. */
function whole(value: IonValue | undefined): IonValue | undefined {
  if (value?.type === "struct") {
    const fields = value.fields.map((each) => ({ name: each.name, value: whole(each.value) ?? each.value }));
    return { type: "struct", fields, ...(value.annotations && { annotations: value.annotations }) };
  }
  return value;
}

/** Reads a value that lies between others, as in a heap. */
function read(reader: StructReader, bytes: Buffer): IonValue {
  const [before, after] = [Buffer.from([0xe0, 1]), Buffer.from([0x8f, 0xe0])];
  return reader.read(Buffer.concat([before, bytes, after]), before.length, before.length + bytes.length);
}

test("one field is what reading the whole value gives, whatever was read before", () => {
  const random = new Random(11);
  const reader = new StructReader();
  for (let count = 0; count < 3000; count++) {
    const fields = Array.from({ length: random.below(5) }, () => ({ name: random.pick(names), value: randomValue(random, 2) }));
    const annotations = random.below(5) === 0 ? { annotations: ["note"] } : {};
    const value: IonValue = random.below(8) === 0 ? randomValue(random, 2) : { type: "struct", fields, ...annotations };
    const bytes = writeBinary(value);
    const unread = read(reader, bytes);
    for (const name of names) expect(whole(field(unread, name)), name).toEqual(field(value, name));
    if (value.type === "struct" && unread.type === "struct") expect(unread.fieldCount ?? unread.fields.length).toBe(value.fields.length);
    expect(whole(unread)).toEqual(readBinary(bytes));
    expect(writeBinary(unread)).toEqual(bytes);
  }
});

test.each(["{}", "null.struct", "1", "[{a: 1}]", "{b: {a: 1}}", "{a: null}", "{a: null.struct, b: {}}", "x::{a: 1}", "{a: x::{a: 1}}"])(
  "%s",
  (text) => {
    const value = readText(text);
    const unread = read(new StructReader(), writeBinary(value));
    for (const name of ["a", "b"]) expect(whole(field(unread, name))).toEqual(field(value, name));
    expect(whole(unread)).toEqual(value);
  },
);

test.each([
  ["a name with two ids", "e00100ea eb8183 d887b6 8161 8161 8162 d9 8b2102 8a2101 8c2103"],
  ["names of a table that is not known", "e00100ea ee94 8183 de90 86ba d9 848174 852101 882102 87b28161 d6 8c2101 8a2102"],
  ["padding between fields", "e00100ea e78183 d487b2 8161 d9 8a 02 0000 8a 2101 8a 00"],
])("what others have written is read, too: %s", (_, hex) => {
  const bytes = Buffer.from(hex.replaceAll(" ", ""), "hex");
  const value = readBinary(bytes);
  const unread = read(new StructReader(), bytes);
  for (const name of names) expect(field(unread, name)).toEqual(field(value, name));
  expect(whole(unread)).toEqual(value);
});
