import { makeBinaryWriter, makeReader, makeTextWriter } from "ion-js";
import { readAllBinary } from "./binary-reader.ts";
import { writeBinary } from "./binary-writer.ts";
import { IonError } from "./errors.ts";
import { type IonValue, ionLimits } from "./value.ts";

/** What is no number though it may look like one: texts, quoted symbols, lobs, comments. What is not closed reaches to the end. */
const quoted =
  /"(?:[^"\\]|\\[\s\S])*(?:"|\\?$)|'''(?:[^\\]|\\[\s\S])*?(?:'''|\\?$)|'(?:[^'\\]|\\[\s\S])*(?:'|\\?$)|\{\{[^}]*(?:\}|$)|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/;
const numberOrQuoted = new RegExp(`${quoted.source}|\\d[\\w.]*`, "g");

/** ion-js takes quadratic time for a number's digits: there must not be too many. */
function refuseLong(source: string): void {
  const { textLength, digits } = ionLimits;
  if (source.length > textLength) throw new IonError(`Ion text of ${source.length} characters: allowed are ${textLength}`);
  if (source.length <= digits) return;
  for (const [found] of source.matchAll(numberOrQuoted)) {
    if (found.length > digits && /^\d/.test(found))
      throw new IonError(`a number of ${found.length} characters: allowed are ${digits} digits`);
  }
}

/**
 * Reads one value of Ion text, such as a literal in backticks.
 * @throws IonError
 */
export function readText(source: string): IonValue {
  refuseLong(source);
  let bytes: Buffer;
  try {
    const writer = makeBinaryWriter();
    writer.writeValues(makeReader(source));
    writer.close();
    bytes = Buffer.from(writer.getBytes());
  } catch (error) {
    throw new IonError(error instanceof Error ? error.message : String(error));
  }
  const values = bytes.length === 0 ? [] : readAllBinary(bytes);
  const [value] = values;
  if (value === undefined || values.length > 1) throw new IonError(`expected one Ion value, found ${values.length}`);
  return value;
}

/** Writes a value as Ion text on one line. */
export function writeText(value: IonValue): string {
  const writer = makeTextWriter();
  writer.writeValues(makeReader(writeBinary(value)));
  writer.close();
  return Buffer.from(writer.getBytes()).toString("utf8");
}
