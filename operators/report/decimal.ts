/**
 * An amount of money, exactly: never a floating-point number.
 * @property units so many of 10^-places
 */
export interface Decimal {
  readonly units: bigint;
  /** Digits after the point. */
  readonly places: number;
}

export const zero: Decimal = { units: 0n, places: 0 };

/** More places or a longer number than that is no amount of money, and could fill the memory. */
const mostDigits = 60;

/** @param text a decimal number, such as 3.27, -1 or 2.5e-3 @returns undefined for any other text */
export function parseDecimal(text: string): Decimal | undefined {
  const match = /^(?<sign>-?)(?<whole>\d+)(?:\.(?<part>\d+))?(?:[eE](?<exponent>[+-]?\d{1,3}))?$/.exec(text);
  const { sign = "", whole = "", part = "", exponent = "0" } = match?.groups ?? {};
  if (match === null || whole.length + part.length > mostDigits) return undefined;
  const places = part.length - Number(exponent);
  if (Math.abs(places) > mostDigits) return undefined;
  const units = BigInt(`${sign}${whole}${part}`) * 10n ** BigInt(Math.max(0, -places));
  return shortest({ units, places: Math.max(0, places) });
}

/** Without exponent and without trailing zeros: 3.270 is "3.27". */
export function decimalText({ units, places }: Decimal): string {
  const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
  const [whole, part] = [digits.slice(0, digits.length - places), digits.slice(digits.length - places)];
  return `${units < 0n ? "-" : ""}${whole}${part === "" ? "" : `.${part}`}`;
}

export function add(a: Decimal, b: Decimal): Decimal {
  const places = Math.max(a.places, b.places);
  return shortest({ units: scaled(a, places) + scaled(b, places), places });
}

function scaled({ units, places }: Decimal, to: number): bigint {
  return units * 10n ** BigInt(to - places);
}

function shortest({ units, places }: Decimal): Decimal {
  let [left, at] = [units, places];
  while (at > 0 && left % 10n === 0n) [left, at] = [left / 10n, at - 1];
  return { units: left, places: at };
}

/** Sums of amounts by currency. */
export class Sums {
  private readonly byCurrency = new Map<string, Decimal>();

  /** @param amount a text that is no decimal counts for nothing */
  add(currency: string, amount: string): void {
    const decimal = parseDecimal(amount);
    if (decimal !== undefined) this.byCurrency.set(currency, add(this.byCurrency.get(currency) ?? zero, decimal));
  }

  /** Such as `{ BAT: "12.5" }`. */
  toJSON(): Readonly<Record<string, string>> {
    return Object.fromEntries([...this.byCurrency].map(([currency, sum]) => [currency, decimalText(sum)]));
  }

  /** Such as "12.5 BAT, 3 USD"; "0" where there is nothing. */
  toString(): string {
    return [...this.byCurrency].map(([currency, sum]) => `${decimalText(sum)} ${currency}`).join(", ") || "0";
  }

  equals(other: Sums): boolean {
    const [mine, theirs] = [this.toJSON(), other.toJSON()];
    return [...new Set([...Object.keys(mine), ...Object.keys(theirs)])].every((name) => (mine[name] ?? "0") === (theirs[name] ?? "0"));
  }
}
