import { expect, test } from "vitest";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { compareExact, compareValues, equalityKey, equalValues, normalized } from "../../../ledger/ion/compare.ts";
import { IonError } from "../../../ledger/ion/errors.ts";
import { decimal, type Field, float, type IonValue, int, list, text } from "../../../ledger/ion/value.ts";
import { Random } from "../random.ts";

// Each of these took from seconds to hours where the time grew with the square of the size.

test("a number of 90,001 digits has its key, and zeros at its end count for nothing", () => {
  const long = 10n ** 90_000n;
  expect(equalityKey(int(long + 1n))).toBe(`n${long + 1n}e0`);
  expect(equalityKey(int(long))).toBe("n1e90000");
  expect(normalized({ coefficient: -1200n * long, exponent: -3 })).toEqual({ coefficient: -12n, exponent: 89_999 });
});

test("decimals of 95,000 digits compare", () => {
  const [a, b] = [10n ** 95_000n + 1n, 10n ** 94_999n + 1n];
  expect(compareValues(decimal(a, -95_000), decimal(b, -94_999))).toBe(-1);
  expect(compareValues(decimal(-a, -95_000), decimal(-b, -94_999))).toBe(1);
  expect(compareValues(decimal(a * 10n, 5), decimal(a, 6))).toBe(0);
});

test("comparing digits is comparing numbers", () => {
  const random = new Random(7);
  const number = () => ({ coefficient: BigInt(random.below(4001) - 2000) * 10n ** BigInt(random.below(4)), exponent: random.below(9) - 4 });
  for (let count = 0; count < 20_000; count++) {
    const [a, b] = [number(), number()];
    const [x, y] = [a, b].map(({ coefficient, exponent }) => coefficient * 10n ** BigInt(exponent + 4));
    expect(compareExact(a, b), `${a.coefficient}e${a.exponent} ${b.coefficient}e${b.exponent}`).toBe(
      x === y ? 0 : (x ?? 0n) < (y ?? 0n) ? -1 : 1,
    );
  }
});

test("structs of many fields in another order are equal", () => {
  const fields: Field[] = Array.from({ length: 40_000 }, (_, index) => ({ name: `f${index}`, value: int(index) }));
  const [a, b]: IonValue[] = [
    { type: "struct", fields },
    { type: "struct", fields: fields.toReversed() },
  ];
  expect(equalValues(a ?? text(""), b ?? text(""))).toBe(true);
  expect(equalValues(a ?? text(""), { type: "struct", fields: [...fields.slice(1), { name: "f0", value: int(1) }] })).toBe(false);
});

test("a NaN equals nothing, within structs neither", () => {
  const holding = (value: IonValue): IonValue => ({ type: "struct", fields: [{ name: "a", value: list([value]) }] });
  expect(equalValues(holding(float(1)), holding(int(1)))).toBe(true);
  expect(equalValues(holding(float(Number.NaN)), holding(float(Number.NaN)))).toBe(false);
});

/** A local symbol table that adds to the one before it. */
function table(fields: readonly Field[]): Buffer {
  const added: Field = { name: "imports", value: { type: "symbol", value: "$ion_symbol_table" } };
  const struct: IonValue = { type: "struct", fields: [added, ...fields], annotations: ["$ion_symbol_table"] };
  return writeBinary(struct).subarray(4);
}

const marker = Buffer.from([0xe0, 1, 0, 0xea]);

test("20,000 symbol tables that each add a name cost what they add", () => {
  const one = table([{ name: "symbols", value: list([text("x")]) }]);
  const tables = Array.from({ length: 20_000 }, () => one);
  // The last name: $10 is the first.
  expect(readBinary(Buffer.concat([marker, ...tables, Buffer.from([0x72, 0x4e, 0x29])]))).toEqual({ type: "symbol", value: "x" });
});

test("3,000 symbol tables that each claim 999,900 names fill no memory", () => {
  const imports = (count: number): IonValue => ({
    type: "struct",
    fields: [{ name: "imports", value: list([{ type: "struct", fields: [{ name: "max_id", value: int(count) }] }]) }],
    annotations: ["$ion_symbol_table"],
  });
  const claims = writeBinary(imports(999_900)).subarray(4);
  const value = Buffer.from([0x73, 0x0f, 0x3e, 0x58]);
  expect(readBinary(Buffer.concat([marker, ...Array.from({ length: 3_000 }, () => claims), value]))).toEqual({
    type: "symbol",
    value: null,
  });
  expect(() => readBinary(Buffer.concat([marker, writeBinary(imports(1_000_001)).subarray(4), value]))).toThrow(IonError);
});
