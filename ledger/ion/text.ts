import { makeBinaryWriter, makeReader, makeTextWriter } from "ion-js";
import { readAllBinary } from "./binary-reader.ts";
import { writeBinary } from "./binary-writer.ts";
import { IonError } from "./errors.ts";
import type { IonValue } from "./value.ts";

/**
 * Reads one value of Ion text, such as a literal in backticks.
 * @throws IonError
 */
export function readText(source: string): IonValue {
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
