import { timestampOf } from "./timestamp.ts";
import { type Field, type IonType, type IonValue, nullValue } from "./value.ts";

/**
 * Reads a value from text that text-writer.ts may have written: no blanks, no escapes, no annotations. A verification reads every block of a
 * ledger so, and the library takes ten times as long.
 * @param depth how deeply containers may be nested
 * @returns undefined for any other text: whoever reads all of Ion tells what it is
 */
export function readPlainText(source: string, depth: number): IonValue | undefined {
  const reader = new PlainReader(source);
  const value = reader.value(depth);
  return reader.at === source.length ? value : undefined;
}

const nullTypes: ReadonlySet<string> = new Set<IonType>([
  ...(["bool", "int", "float", "decimal", "timestamp", "symbol", "string", "clob", "blob", "list", "sexp", "struct"] as const),
]);

const letter = /^[A-Za-z_]/;
const word = /[A-Za-z_][A-Za-z0-9_$]*(?:\.[a-z]+)?/y;
const name = /([A-Za-z_][A-Za-z0-9_$]*):(?!:)/y;
/** Of a symbol that needs quotes, but no escape. */
const quotedText = /^[^'\\\p{Cc}\p{Cs}]+$/u;
const plainString = /^[^\\\p{Cc}\p{Cs}]*$/u;
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/y;
const number = /(-?)(0|[1-9]\d*)(?:(\.)(\d*))?(?:d(-?\d{1,8}))?/y;
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
/** Longer numbers are left to whoever bounds them. */
const mostDigits = 100;

class PlainReader {
  at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  /** @returns undefined for what is not plain; nothing more is to be read then */
  value(depth: number): IonValue | undefined {
    const found = this.plain(depth);
    // Whatever stands behind a value but the end of it, such as an annotation's colons, makes it another one.
    const next = this.source[this.at];
    return next === undefined || next === "," || next === "]" || next === "}" ? found : undefined;
  }

  private plain(depth: number): IonValue | undefined {
    const { source, at } = this;
    switch (source[at]) {
      case "{":
        return source[at + 1] === "{" ? this.blob() : this.struct(depth);
      case "[":
        return this.list(depth);
      case '"': {
        const text = this.upTo('"', plainString);
        return text === undefined ? undefined : { type: "string", value: text };
      }
      case "'": {
        const text = this.upTo("'", quotedText);
        return text === undefined ? undefined : { type: "symbol", value: text };
      }
      default:
        return letter.test(source[at] ?? "") ? this.word() : (this.time() ?? this.number());
    }
  }

  private struct(depth: number): IonValue | undefined {
    this.at++;
    const fields: Field[] = [];
    while (this.source[this.at] !== "}") {
      if (fields.length > 0 && !this.comma()) return undefined;
      const own = this.fieldName();
      const value = own === undefined || depth === 0 ? undefined : this.value(depth - 1);
      if (own === undefined || value === undefined) return undefined;
      fields.push({ name: own, value });
    }
    this.at++;
    return { type: "struct", fields };
  }

  private list(depth: number): IonValue | undefined {
    this.at++;
    const items: IonValue[] = [];
    while (this.source[this.at] !== "]") {
      if (items.length > 0 && !this.comma()) return undefined;
      const value = depth === 0 ? undefined : this.value(depth - 1);
      if (value === undefined) return undefined;
      items.push(value);
    }
    this.at++;
    return { type: "list", items };
  }

  private comma(): boolean {
    return this.source[this.at++] === ",";
  }

  private fieldName(): string | undefined {
    if (this.source[this.at] === "'") {
      const text = this.upTo("'", quotedText);
      return text !== undefined && this.source[this.at++] === ":" && this.source[this.at] !== ":" ? text : undefined;
    }
    const found = this.match(name)?.[1];
    return found === "null" || found === "true" || found === "false" || found === "nan" ? undefined : found;
  }

  private blob(): IonValue | undefined {
    const end = this.source.indexOf("}}", this.at);
    const text = this.source.slice(this.at + 2, end);
    if (end < 0 || !base64.test(text)) return undefined;
    this.at = end + 2;
    return { type: "blob", value: Buffer.from(text, "base64") };
  }

  private word(): IonValue | undefined {
    const found = this.match(word)?.[0];
    if (found === undefined || found === "nan") return undefined;
    if (found === "null") return nullValue;
    if (found === "true" || found === "false") return { type: "bool", value: found === "true" };
    const dot = found.indexOf(".");
    if (dot < 0) return { type: "symbol", value: found };
    const of = found.slice(dot + 1);
    return found.startsWith("null.") && nullTypes.has(of) ? { type: "null", of: of as IonType } : undefined;
  }

  private time(): IonValue | undefined {
    const found = this.match(time)?.[0];
    if (found === undefined) return undefined;
    const ms = Date.parse(found);
    if (!Number.isNaN(ms) && new Date(ms).toISOString() === found && !found.startsWith("0000")) return timestampOf(ms);
    this.at -= found.length;
    return undefined;
  }

  private number(): IonValue | undefined {
    const found = this.match(number);
    if (found === undefined) return undefined;
    const [all, sign = "", whole = "", point, fraction = "", power] = found;
    if (all.length > mostDigits) return undefined;
    const magnitude = BigInt(whole + fraction);
    const value = sign === "-" ? -magnitude : magnitude;
    if (point === undefined && power === undefined) return sign === "-" && value === 0n ? undefined : { type: "int", value };
    const exponent = Number(power ?? 0) - fraction.length;
    return { type: "decimal", coefficient: value, exponent, negativeZero: sign === "-" && value === 0n };
  }

  /** The text in quotes that comes next, where a form allows it. */
  private upTo(quote: string, form: RegExp): string | undefined {
    const end = this.source.indexOf(quote, this.at + 1);
    const text = this.source.slice(this.at + 1, end);
    if (end < 0 || !form.test(text)) return undefined;
    this.at = end + 1;
    return text;
  }

  private match(form: RegExp): RegExpExecArray | undefined {
    form.lastIndex = this.at;
    const found = form.exec(this.source);
    if (found === null) return undefined;
    this.at = form.lastIndex;
    return found;
  }
}
