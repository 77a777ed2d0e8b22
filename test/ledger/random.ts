import { makeTimestamp, type Precision } from "../../ledger/ion/timestamp.ts";
import type { IonType, IonValue, SymbolText } from "../../ledger/ion/value.ts";

/** A repeatable source of numbers (mulberry32): a failing case is found again by its seed. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed;
  }

  /** An integer from 0 up to, not including, the limit. */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(choices: readonly T[]): T {
    const chosen = choices[this.below(choices.length)];
    if (chosen === undefined) throw new Error("nothing to choose from");
    return chosen;
  }

  bytes(most: number): Buffer {
    return Buffer.from(Array.from({ length: this.below(most + 1) }, () => this.below(256)));
  }
}

const types: readonly IonType[] = [
  ...(["null", "bool", "int", "float", "decimal", "timestamp", "symbol", "string", "clob", "blob", "list", "sexp", "struct"] as const),
];
const texts = [
  "",
  "a",
  "name",
  "symbols",
  "with blank",
  "it's",
  '"quoted"',
  "ünïcødé 🙂",
  "null",
  "$7",
  "x".repeat(20),
  "line\nbreak\u0000",
];

/** Any Ion value, containers nested a few levels deep. */
export function randomValue(random: Random, depth = 3): IonValue {
  const value = plain(random, depth);
  return random.below(8) === 0 ? { ...value, annotations: [symbol(random), ...(random.below(2) === 0 ? [symbol(random)] : [])] } : value;
}

/** A struct, as documents are. */
export function randomDocument(random: Random): IonValue {
  return {
    type: "struct",
    fields: Array.from({ length: 1 + random.below(6) }, () => ({ name: random.pick(texts), value: randomValue(random) })),
  };
}

function symbol(random: Random): SymbolText {
  return random.pick(texts);
}

function plain(random: Random, depth: number): IonValue {
  const type = random.pick(depth === 0 ? types.slice(0, 10) : types);
  const many = <T>(make: () => T) => Array.from({ length: random.below(5) }, make);
  switch (type) {
    case "null":
      return { type, of: random.pick(types) };
    case "bool":
      return { type, value: random.below(2) === 0 };
    case "int":
      return { type, value: integer(random) };
    case "float":
      return { type, value: float(random) };
    case "decimal": {
      const coefficient = random.below(3) === 0 ? 0n : integer(random);
      const exponent = random.pick([random.below(200) - 100, random.below(200) - 100, random.below(2 ** 28 - 1) - 2 ** 27 + 1]);
      return { type, coefficient, exponent, negativeZero: coefficient === 0n && random.below(2) === 0 };
    }
    case "timestamp":
      return timestamp(random);
    case "symbol":
      return { type, value: symbol(random) };
    case "string":
      return { type, value: random.pick(texts) };
    case "clob":
    case "blob":
      return { type, value: random.bytes(30) };
    case "list":
    case "sexp":
      return { type, items: many(() => randomValue(random, depth - 1)) };
    case "struct":
      return { type, fields: many(() => ({ name: random.pick(texts), value: randomValue(random, depth - 1) })) };
  }
}

/** Any bits that a double, or a 32 bit float, can have; one NaN stands for all. */
function float(random: Random): number {
  const bytes = Buffer.from(Array.from({ length: 8 }, () => random.below(256)));
  const any = random.pick([bytes.readDoubleBE(0), bytes.readFloatBE(0)]);
  const value = random.pick([0, -0, 1.5, -1e300, 5e-324, 0.1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, any, any, any]);
  return Number.isNaN(value) ? Number.NaN : value;
}

function integer(random: Random): bigint {
  const magnitude = BigInt(random.below(300)) * 256n ** BigInt(random.below(12)) + BigInt(random.below(2));
  return random.below(2) === 0 ? magnitude : -magnitude;
}

function timestamp(random: Random): IonValue {
  const precision = random.pick<Precision>(["year", "month", "day", "minute", "second"]);
  const digits = precision === "second" ? random.below(10) : 0;
  const timed = precision === "minute" || precision === "second";
  return makeTimestamp({
    precision,
    offset: timed && random.below(3) > 0 ? random.below(2 * 24 * 60 - 1) - 24 * 60 + 1 : undefined,
    year: 1 + random.below(9999),
    month: 1 + random.below(12),
    day: 1 + random.below(28),
    hour: random.below(24),
    minute: random.below(60),
    second: random.below(60),
    fraction: { coefficient: digits === 0 ? 0n : BigInt(random.below(10 ** digits)), exponent: -digits || 0 },
  });
}
