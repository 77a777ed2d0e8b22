import { readBinary } from "../ion/binary-reader.ts";
import { IonError } from "../ion/errors.ts";
import { readTextSteps } from "../ion/text-reader.ts";
import { type IonValue, ionLimits } from "../ion/value.ts";
import { limits } from "../transaction/commit.ts";
import { badRequest } from "../transaction/errors.ts";
import { bytesOf, object } from "./requests.ts";

/**
 * A statement's parameters: `[{IonBinary} | {IonText}]`. All together have at most the bytes of a transaction, and a number of values that
 * can be looked at without holding up others.
 * @returns yields wherever others may have their turn
 * @param hold told how much memory they take, in bytes, about; what it throws refuses them
 * @throws LedgerError for what is no list of Ion values, or is too much
 */
export function* parameterSteps(value: unknown, hold: (bytes: number) => void): Generator<undefined, IonValue[]> {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw badRequest("Parameters has to be a list");
  const reader = new ParameterReader();
  const parameters: IonValue[] = [];
  for (const [index, holder] of value.entries()) {
    const name = `Parameters[${index}]`;
    try {
      parameters.push(yield* reader.steps(holder, name));
    } catch (error) {
      if (error instanceof IonError) throw badRequest(`${name} is not an Ion value: ${error.message}`);
      throw error;
    }
    yield undefined;
  }
  hold(reader.weight);
  return parameters;
}

/** How long a statement's parameters are as they were sent, in characters. */
export function parametersLength(holders: unknown): number {
  if (!Array.isArray(holders)) return 0;
  return holders.reduce<number>((sum, holder: { IonBinary?: unknown; IonText?: unknown } | null) => {
    const { IonBinary: binary, IonText: text } = holder ?? {};
    return sum + (typeof binary === "string" ? binary.length : 0) + (typeof text === "string" ? text.length : 0);
  }, 0);
}

/** Bytes that QLDB takes as one parameter: https://docs.aws.amazon.com/qldb/latest/developerguide/limits.html */
const mostBytes = 128 << 10;
/** Characters of one: https://docs.aws.amazon.com/qldb/latest/developerguide/API_QLDB-Session_ValueHolder.html */
const mostCharacters = 1 << 20;

/** To be asked once the statement counts: drivers have hashed what they sent. @throws LedgerError for a parameter beyond QLDB's size */
export function refuseLargeParameters(holders: unknown): void {
  if (!Array.isArray(holders)) return;
  for (const [index, holder] of holders.entries()) {
    const { IonBinary: binary, IonText: text } = object(holder, `Parameters[${index}]`);
    if (typeof text === "string" && text.length > mostCharacters)
      throw badRequest(`Parameters[${index}].IonText has ${text.length} characters: it exceeds the limit of ${mostCharacters}`);
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
  *steps(holder: unknown, name: string): Generator<undefined, IonValue> {
    const { IonBinary: binary, IonText: text } = object(holder, name);
    if (binary !== undefined && binary !== null) {
      const bytes = bytesOf(binary, `${name}.IonBinary`);
      this.bytes += bytes.length;
      if (this.bytes + this.characters > limits.bytes)
        throw badRequest(`the parameters have more than ${limits.bytes} bytes: send fewer at once`);
      return readBinary(bytes, this.limits);
    }
    if (typeof text !== "string") throw badRequest(`${name} has neither IonBinary nor IonText`);
    this.characters += text.length;
    if (this.bytes + this.characters > limits.bytes)
      throw badRequest(`the parameters have more than ${limits.bytes} bytes: send fewer at once`);
    return yield* readTextSteps(text, this.limits);
  }
}
