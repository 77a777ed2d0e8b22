import { expect, test } from "vitest";
import { compareValues, equalityKey, equalValues } from "../../../ledger/ion/compare.ts";
import { IonError } from "../../../ledger/ion/errors.ts";
import { libraryText, readText, writeText } from "../../../ledger/ion/text.ts";
import { epochMilliseconds, partsProblem, timestampOf, timestampParts } from "../../../ledger/ion/timestamp.ts";
import { decimal, type IonValue, list, struct, text } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";

test("text is read and written without loss", () => {
  const random = new Random(11);
  for (let count = 0; count < 500; count++) {
    const value = randomValue(random);
    expect(readText(writeText(value)), writeText(value)).toEqual(value);
  }
});

test("text is what Amazon's library writes", () => {
  const random = new Random(12);
  const names = [
    "null",
    "nan",
    "a b",
    "$7",
    "$",
    "it's",
    "",
    "a.b",
    "+",
    "-1",
    "ünï",
    "\u007f",
    "7",
    "A_$",
    "true",
    "+inf",
    "a-b",
    "//",
    "\ud83d\ude42",
  ];
  for (let count = 0; count < 3000; count++) {
    const value = randomValue(random);
    const name = random.pick(names);
    const texts: IonValue[] = [{ type: "symbol", value: name }, { type: "string", value: `${name}\n${name}` }, text(name)];
    const decimals = decimal(BigInt(random.below(2000) - 1000), random.below(20) - 12);
    const moment = timestampOf(random.below(2 ** 40));
    expect(readText(writeText(moment))).toEqual(moment);
    const struct: IonValue = { type: "struct", fields: [value, ...texts, decimals, moment].map((each) => ({ name, value: each })) };
    for (const each of [value, ...texts, decimals, moment, struct]) expect(writeText(each)).toBe(libraryText(each));
  }
});

test("a symbol that nobody knows, and annotations, are written as Amazon's library writes them", () => {
  const unknown: IonValue = { type: "symbol", value: null };
  const annotated: IonValue = { ...text("a"), annotations: ["x", "it's"] };
  for (const value of [annotated, list([annotated]), struct({ a: annotated })]) expect(writeText(value)).toBe(libraryText(value));
  for (const value of [unknown, list([unknown])]) {
    const written = (write: (value: IonValue) => string) => {
      try {
        return write(value);
      } catch (error) {
        return String(error);
      }
    };
    expect(written(writeText)).toBe(written(libraryText));
  }
});

test.each(["", "1 2", "{a:", "[1,,2]", "2020-13-01", "'open", "{{not base64!}}", "$ion_1_0"])("refuses %j", (source) => {
  expect(() => readText(source)).toThrow(IonError);
});

function timestamp(source: string) {
  const value = readText(source);
  if (value.type !== "timestamp") throw new Error(`${source} is no timestamp`);
  return value;
}

test("a fraction of a second never moves the minute, however fine it is", () => {
  const of = (seconds: string, zone: string) => `2026-12-31T23:59:${seconds}${zone}`;
  for (const seconds of ["59.9994", "59.9995", "59.999999999", "59.99960", "05.000000001", "00.0000"])
    for (const zone of ["Z", "-00:00", "+05:30", "-07:00"]) expect(writeText(readText(of(seconds, zone)))).toBe(of(seconds, zone));
  expect(epochMilliseconds(timestamp("2026-12-31T23:59:59.999999999Z"))).toBe(Date.parse("2026-12-31T23:59:59.999Z"));
});

test("moments of timestamps", () => {
  expect(epochMilliseconds(timestamp("1970-01-01T00:00:00.123456Z"))).toBe(123);
  expect(epochMilliseconds(timestamp("1970-01-01T01:00:00.5+01:00"))).toBe(500);
  expect(epochMilliseconds(timestamp("0001T"))).toBe(Date.parse("0001-01-01T00:00:00Z"));
  expect(writeText(timestampOf(Date.parse("2020-02-29T12:30:15.120Z")))).toBe("2020-02-29T12:30:15.120Z");
  expect(timestampParts(timestamp("2020-02-29T12:30-00:00")).offset).toBeUndefined();
  expect(timestampParts(timestamp("2020-02-29T12:30-08:00"))).toMatchObject({ offset: -480, hour: 20, precision: "minute" });
});

test("moments that there are not", () => {
  const sound = timestampParts(timestamp("2020-02-29T12:30:15.120Z"));
  expect(partsProblem(sound)).toBeUndefined();
  for (const wrong of [
    { year: 0 },
    { year: 10_000 },
    { month: 13 },
    { day: 30 },
    { hour: 24 },
    { minute: 60 },
    { second: 60 },
    { offset: 1440 },
  ]) {
    expect(partsProblem({ ...sound, ...wrong }), JSON.stringify(wrong)).toBeDefined();
  }
  expect(partsProblem({ ...sound, fraction: { coefficient: 1000n, exponent: -3 } })).toBeDefined();
});

const equal = [
  ["1", "1.0", "1e0", "100d-2"],
  ["0", "-0.", "-0e0", "0.00"],
  ["0.1", "0.1e0"],
  ["abc", '"abc"', "x::abc"],
  ["2020-01-01T00:00:00Z", "2020-01-01T01:00:00.000+01:00", "2020T"],
  ["{a: 1, b: 2}", "{b: 2., a: 1}"],
  ["[1, 2]", "x::[1, 2e0]"],
  ["100000000000000000000000", "1e23"],
];
const unequal = ["1", "2", "1.5", "a", "true", "2020T", "{a: 1}", "{a: 2}", "[1]", "(1)", "{{AA==}}", '{{"a"}}', "0.1000000000000000055"];

test("equality: by content, and as indexes find it", () => {
  for (const group of equal) {
    const values = group.map(readText);
    for (const a of values) for (const b of values) expect(equalValues(a, b), group.join(" ")).toBe(true);
    expect(new Set(values.map(equalityKey)).size, group.join(" ")).toBe(1);
  }
  const values = unequal.map(readText);
  for (const a of values) for (const b of values) expect(equalValues(a, b)).toBe(a === b);
  expect(new Set(values.map(equalityKey)).size).toBe(values.length);
  expect(equalityKey(readText("null.int"))).toBeUndefined();
});

test("an index and a comparison agree on any two values", () => {
  const random = new Random(5);
  const values = Array.from({ length: 150 }, () => randomValue(random, 1)).filter(({ type }) => type !== "null");
  for (const a of values) {
    for (const b of values) {
      const nan = [a, b].some((value) => JSON.stringify(equalityKey(value)).includes("fNaN"));
      if (!nan) expect(equalValues(a, b), `${writeText(a)} ${writeText(b)}`).toBe(equalityKey(a) === equalityKey(b));
    }
  }
});

test("order of numbers, texts and times", () => {
  const ascending = [
    [
      "-inf",
      "-1d400",
      "-1d100",
      "-2",
      "-1.5e0",
      "0",
      "1d-100",
      "0.1",
      "1",
      "1.000000000000000000000000001",
      "2e0",
      "1d100",
      "1d400",
      "+inf",
    ],
    ["''", "a", '"ab"', "b"],
    ["2019T", "2020-01-01T00:00:00+01:00", "2020T", "2020-01-01T00:00:00.1Z"],
    ["false", "true"],
    ["{{AA==}}", "{{AAA=}}", "{{AQ==}}"],
  ];
  for (const row of ascending) {
    const values = row.map(readText);
    values.forEach((a, i) => {
      values.forEach((b, j) => {
        expect(Math.sign(compareValues(a, b) ?? Number.NaN), `${row[i]} ${row[j]}`).toBe(Math.sign(i - j));
      });
    });
  }
  expect(compareValues(readText("1"), readText('"1"'))).toBeUndefined();
});
