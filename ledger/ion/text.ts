import { makeReader, makeTextWriter } from "ion-js";
import { atOnce } from "../steps.ts";
import { writeBinary } from "./binary-writer.ts";
import { IonError } from "./errors.ts";
import { readTextSteps } from "./text-reader.ts";
import { ionText } from "./text-writer.ts";
import { type IonValue, ionLimits } from "./value.ts";

/**
 * Reads one value of Ion text, such as a literal in backticks, at once: for texts of a bounded length.
 * @throws IonError
 */
export function readText(source: string): IonValue {
  const { textLength, values } = ionLimits;
  if (source.length > textLength) throw new IonError(`Ion text of ${source.length} characters: allowed are ${textLength}`);
  return atOnce(readTextSteps(source, { values: { left: values } }));
}

/** Writes a value as Ion text on one line. */
export function writeText(value: IonValue): string {
  return ionText(value, libraryText);
}

/** The same by Amazon's library. */
export function libraryText(value: IonValue): string {
  const writer = makeTextWriter();
  writer.writeValues(makeReader(writeBinary(value)));
  writer.close();
  return Buffer.from(writer.getBytes()).toString("utf8");
}
