import type { Exact } from "../ion/compare.ts";
import { type DecimalValue, decimal, ionLimits } from "../ion/value.ts";
import type { BinaryOperator } from "./ast.ts";
import { evaluationError, type Position } from "./errors.ts";

/** Digits that a result keeps: arithmetic is java.math.BigDecimal's with this precision, ties to the even digit. */
const precision = 38;

/** Numbers of sizes further apart are not written out to be added. */
const mostZeros = 1000;

/**
 * Arithmetic of which one operand at least is a decimal. The scale of a sum is the larger one, of a product the sum of both, of a quotient
 * their difference where it is exact.
 * @throws LedgerError for a division by zero, and for results beyond Ion's exponents
 */
export function decimalResult(operator: BinaryOperator, a: Exact, b: Exact, at: Position): DecimalValue {
  if ((operator === "/" || operator === "%") && b.coefficient === 0n) throw evaluationError(at, "division by zero");
  const tooFar = operator !== "*" && operator !== "/" && Math.abs(a.exponent - b.exponent) > mostZeros;
  if (tooFar || Math.abs(a.exponent) + Math.abs(b.exponent) > ionLimits.exponent)
    throw evaluationError(at, "the numbers' sizes are too far apart");
  const { coefficient, exponent } = rounded(result(operator, a, b));
  return decimal(coefficient, exponent);
}

function result(operator: BinaryOperator, a: Exact, b: Exact): Exact {
  if (operator === "*") return { coefficient: a.coefficient * b.coefficient, exponent: a.exponent + b.exponent };
  if (operator === "/") return quotient(a, b);
  const exponent = Math.min(a.exponent, b.exponent);
  const [x, y] = [scaled(a, exponent), scaled(b, exponent)];
  if (operator === "+") return { coefficient: x + y, exponent };
  if (operator === "-") return { coefficient: x - y, exponent };
  // The remainder is what is left of the first number once the whole quotient times the second is taken away.
  const whole = stripped({ coefficient: x / y, exponent: 0 }, a.exponent - b.exponent);
  return stripped({ coefficient: x % y, exponent }, Math.min(a.exponent, whole.exponent + b.exponent));
}

function scaled({ coefficient, exponent }: Exact, to: number): bigint {
  if (exponent === to) return coefficient;
  return coefficient * 10n ** BigInt(exponent - to);
}

function quotient(a: Exact, b: Exact): Exact {
  const wanted = a.exponent - b.exponent;
  if (a.coefficient === 0n) return { coefficient: 0n, exponent: wanted };
  const zeros = Math.max(0, precision + 3 + digits(b.coefficient) - digits(a.coefficient));
  const numerator = a.coefficient * 10n ** BigInt(zeros);
  const [coefficient, rest] = [numerator / b.coefficient, numerator % b.coefficient];
  if (rest === 0n) return stripped({ coefficient, exponent: wanted - zeros }, wanted);
  // One more digit stands for all that is cut off: it keeps the rounding from taking it for a tie.
  const sign = coefficient < 0n ? -1n : 1n;
  return { coefficient: coefficient * 10n + sign, exponent: wanted - zeros - 1 };
}

/** Drops trailing zeros, but only up to the exponent that is wanted. */
function stripped(number: Exact, wanted: number): Exact {
  let { coefficient, exponent } = number;
  while (exponent < wanted && coefficient !== 0n && coefficient % 10n === 0n) {
    coefficient /= 10n;
    exponent++;
  }
  return coefficient === 0n ? { coefficient, exponent: Math.max(exponent, wanted) } : { coefficient, exponent };
}

function digits(coefficient: bigint): number {
  return coefficient.toString().length - (coefficient < 0n ? 1 : 0);
}

/** The least number with more digits than are kept. */
const tooLong = 10n ** BigInt(precision);

function rounded(number: Exact): Exact {
  if (number.coefficient < tooLong && number.coefficient > -tooLong) return number;
  const excess = digits(number.coefficient) - precision;
  if (excess <= 0) return number;
  const unit = 10n ** BigInt(excess);
  const size = number.coefficient < 0n ? -number.coefficient : number.coefficient;
  const [whole, rest] = [size / unit, (size % unit) * 2n];
  const up = rest > unit || (rest === unit && whole % 2n === 1n);
  const coefficient = (up ? whole + 1n : whole) * (number.coefficient < 0n ? -1n : 1n);
  return rounded({ coefficient, exponent: number.exponent + excess });
}
