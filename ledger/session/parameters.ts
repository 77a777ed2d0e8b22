import { readBinary } from "../ion/binary-reader.ts";
import { IonError } from "../ion/errors.ts";
import { readText } from "../ion/text.ts";
import { type IonValue, ionLimits } from "../ion/value.ts";
import { limits } from "../transaction/commit.ts";
import { badRequest } from "../transaction/errors.ts";
import { bytesOf, object } from "./requests.ts";

/**
 * A statement's parameters: `[{IonBinary} | {IonText}]`. All together have at most the bytes of a transaction, and a number of values that
 * can be looked at without holding up others.
 * @param hold told how much memory they take, in bytes, about; what it throws refuses them
 * @throws LedgerError for what is no list of Ion values, or is too much
 */
export function parametersOf(value: unknown, hold: (bytes: number) => void): IonValue[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest("Parameters has to be a list");
  const reader = new ParameterReader();
  const parameters = value.map((holder: unknown, index) => {
    const name = `Parameters[${index}]`;
    try {
      return reader.read(holder, name);
    } catch (error) {
      if (error instanceof IonError) throw badRequest(`${name} is not an Ion value: ${error.message}`);
      throw error;
    }
  });
  hold(reader.weight);
  return parameters;
}

/** Bytes that QLDB takes as one parameter: https://docs.aws.amazon.com/qldb/latest/developerguide/limits.html */
const mostBytes = 128 << 10;

/** To be asked once the statement counts: drivers have hashed what they sent. @throws LedgerError for a parameter beyond QLDB's size */
export function refuseLargeParameters(holders: unknown): void {
  if (!Array.isArray(holders)) return;
  for (const [index, holder] of holders.entries()) {
    const { IonBinary: binary } = object(holder, `Parameters[${index}]`);
    const bytes = typeof binary === "string" ? Buffer.byteLength(binary, "base64") : 0;
    if (bytes > mostBytes)
      throw badRequest(`Parameters[${index}].IonBinary has ${bytes} bytes: it exceeds the limit of ${mostBytes} bytes`);
  }
}

/** What a value takes in memory beside its content. */
const bytesPerValue = 64;

class ParameterReader {
  private bytes = 0;
  private characters = 0;
  private readonly limits = { numberBytes: ionLimits.numberBytes, values: { left: ionLimits.values } };

  get weight(): number {
    return this.bytes + 2 * this.characters + bytesPerValue * (ionLimits.values - this.limits.values.left);
  }

  /** @throws IonError, LedgerError */
  read(holder: unknown, name: string): IonValue {
    const { IonBinary: binary, IonText: text } = object(holder, name);
    if (binary !== undefined && binary !== null) {
      const bytes = bytesOf(binary, `${name}.IonBinary`);
      this.bytes += bytes.length;
      if (this.bytes > limits.bytes) throw badRequest(`the parameters have more than ${limits.bytes} bytes: send fewer at once`);
      return readBinary(bytes, this.limits);
    }
    if (typeof text !== "string") throw badRequest(`${name} has neither IonBinary nor IonText`);
    this.characters += text.length;
    if (this.characters > ionLimits.textLength)
      throw badRequest(`the parameters have more than ${ionLimits.textLength} characters of Ion text: send IonBinary`);
    return readText(text);
  }
}
