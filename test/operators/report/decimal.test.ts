import { expect, test } from "vitest";
import { add, decimalText, parseDecimal, Sums, zero } from "../../../operators/report/decimal.ts";

const text = (value: string) => {
  const decimal = parseDecimal(value);
  return decimal === undefined ? undefined : decimalText(decimal);
};

test.each([
  ["3.27", "3.27"],
  ["3.270", "3.27"],
  ["0.10", "0.1"],
  ["100", "100"],
  ["007.5", "7.5"],
  ["-1.50", "-1.5"],
  ["0", "0"],
  ["0.000000000000000001", "0.000000000000000001"],
  ["123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"],
  ["2.5e-3", "0.0025"],
  ["1e2", "100"],
  ["1.25E+1", "12.5"],
])("%s is %s", (given, written) => {
  expect(text(given)).toBe(written);
});

test.each(["", ".5", "5.", "1,5", "0x10", "NaN", "Infinity", "1e", "1e999", "1e-999", "+1", " 1", "1 ", "9".repeat(61)])(
  "%j is no decimal",
  (given) => {
    expect(parseDecimal(given)).toBeUndefined();
  },
);

test("sums are exact where floats are not", () => {
  const tenth = parseDecimal("0.1") ?? zero;
  const sum = Array.from({ length: 10 }, () => tenth).reduce(add, zero);
  expect(decimalText(sum)).toBe("1");
  expect(Array.from({ length: 10 }, () => 0.1).reduce((a, b) => a + b, 0)).not.toBe(1);
});

test("sums go by currency, and are equal whatever the order and the zeros", () => {
  const one = new Sums();
  const other = new Sums();
  expect(`${one}`).toBe("0");
  for (const [currency, amount] of [
    ["BAT", "1.10"],
    ["USD", "2"],
    ["BAT", "0.20"],
  ] as const)
    one.add(currency, amount);
  for (const [currency, amount] of [
    ["USD", "2.00"],
    ["BAT", "1.3"],
  ] as const)
    other.add(currency, amount);
  expect(`${one}`).toBe("1.3 BAT, 2 USD");
  expect(JSON.stringify(one)).toBe('{"BAT":"1.3","USD":"2"}');
  expect(one.equals(other)).toBe(true);
  other.add("BAT", "0.000000000000000001");
  expect(one.equals(other)).toBe(false);
  expect(new Sums().equals(one)).toBe(false);
});
