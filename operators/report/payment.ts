import type { PaymentDetails } from "../../key-feeder/payouts/messages.ts";
import { decimalText, parseDecimal } from "./decimal.ts";
import type { ListElement } from "./elements.ts";
import { type WrittenField, writtenFields } from "./fields.ts";

/** What is wrong with a report, and where. */
export interface ReportProblem {
  readonly line: number;
  /** Undefined where it is no field's. */
  readonly field?: keyof PaymentDetails;
  readonly message: string;
}

/** A payment as it will be sent, and where it is written. */
export interface WrittenPayment {
  readonly details: PaymentDetails;
  readonly line: number;
  /** The lines of its fields. */
  readonly lines: Readonly<Record<keyof PaymentDetails, number>>;
}

const names = ["to", "from", "amount", "currency", "payoutId", "custodian"] as const satisfies readonly (keyof PaymentDetails)[];

/** What programs keep of a text, in bytes. */
const longestText = 256;
/** What the finest of the currencies in use can express. */
const mostPlaces = 18;

/** @returns the payment, or everything that is wrong with it */
export function readPayment({ text, line }: ListElement): { payment: WrittenPayment } | { problems: ReportProblem[] } {
  const value = parsed(text);
  if ("problem" in value) return { problems: [{ line: line + value.lines, message: value.problem }] };
  if (typeof value.value !== "object" || value.value === null || Array.isArray(value.value))
    return { problems: [{ line, message: `it is ${shortened(text)}: needed is a payment, { "to": …, "amount": …, … }` }] };
  const fields = writtenFields(text, line);
  const read = names.map((name) => readField(name, fields, line));
  const problems = read.flatMap((field) => ("message" in field ? [field] : []));
  if (problems.length > 0) return { problems };
  const good = read.flatMap((field) => ("message" in field ? [] : [field]));
  const details = Object.fromEntries(good.map(({ name, text }) => [name, text])) as unknown as PaymentDetails;
  const lines = Object.fromEntries(good.map((field) => [field.name, field.line])) as WrittenPayment["lines"];
  return { payment: { details, line, lines } };
}

type ReadField = { readonly name: keyof PaymentDetails; readonly text: string; readonly line: number };

function readField(field: keyof PaymentDetails, fields: readonly WrittenField[], line: number): ReadField | ReportProblem {
  const [written, again] = fields.filter(({ name }) => name === field);
  if (written === undefined) return { line, field, message: "it is missing" };
  if (again !== undefined) return { line: again.line, field, message: `it is there twice, on line ${written.line} too` };
  const value: unknown = JSON.parse(written.json);
  const wrong = (message: string): ReportProblem => ({ line: written.line, field, message });
  if (field === "amount") {
    const amount = readAmount(typeof value === "string" ? value : typeof value === "number" ? written.json : undefined);
    return "text" in amount
      ? { name: field, text: amount.text, line: written.line }
      : wrong(`it is ${shortened(written.json)}: ${amount.allowed}`);
  }
  if (typeof value !== "string") return wrong(`it is ${shortened(written.json)}: allowed is a text`);
  if (value.trim() === "") return wrong("it is empty");
  const bytes = Buffer.byteLength(value);
  if (bytes > longestText) return wrong(`it has ${bytes} bytes: allowed are ${longestText}`);
  return { name: field, text: value, line: written.line };
}

/** Numbers keep all their digits: what JSON.parse makes of them is never looked at. */
function readAmount(text: string | undefined): { text: string } | { allowed: string } {
  const decimal = text === undefined ? undefined : parseDecimal(text);
  if (decimal === undefined) return { allowed: "allowed is a decimal, as a number or a text, such as 3.27" };
  if (decimal.units <= 0n) return { allowed: "allowed is more than 0" };
  if (decimal.places > mostPlaces) return { allowed: `allowed are up to ${mostPlaces} digits after the point` };
  return { text: decimalText(decimal) };
}

function parsed(text: string): { value: unknown } | { problem: string; lines: number } {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = Number(/position (\d+)/.exec(message)?.[1] ?? 0);
    const said = message.replace(/(,? )?(in JSON )?at position .*$/s, "").replace(/, "[\s\S]*$/, "");
    return { problem: `it is no JSON: ${said}`, lines: text.slice(0, at).split("\n").length - 1 };
  }
}

function shortened(text: string): string {
  return text.length <= 60 ? text : `${text.slice(0, 57)}…`;
}
