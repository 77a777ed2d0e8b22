/** The text of a symbol; null where it is not known. */
export type SymbolName = string | null;

export type IonScalar = "float" | "decimal" | "timestamp" | "clob" | "blob";

/** An Ion value as the page reads it, with the bytes that its hash is made of. Model: https://amazon-ion.github.io/ion-docs/docs/spec.html */
export type IonNode = { readonly annotations: readonly SymbolName[] } & (
  | { readonly type: "null"; readonly of: string }
  | { readonly type: "bool"; readonly value: boolean }
  | { readonly type: "int"; readonly negative: boolean; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "string"; readonly value: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "symbol"; readonly value: SymbolName }
  | { readonly type: IonScalar; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: "list" | "sexp"; readonly items: readonly IonNode[] }
  | { readonly type: "struct"; readonly fields: readonly IonField[] }
);

export interface IonField {
  readonly name: SymbolName;
  readonly value: IonNode;
}

/** By the type codes of binary Ion. */
const types = ["null", "bool", "int", "int", "float", "decimal", "timestamp", "symbol", "string", "clob", "blob", "list", "sexp", "struct"];
const systemSymbols: readonly SymbolName[] = [
  ...[null, "$ion", "$ion_1_0", "$ion_symbol_table", "name", "version", "imports", "symbols", "max_id", "$ion_shared_symbol_table"],
];
const annotationType = 14;
const utf8 = new TextDecoder();

/** Bytes of base64. */
export function bytesOfBase64(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
}

/** Reads the one value of a stream of binary Ion 1.0: https://amazon-ion.github.io/ion-docs/docs/binary.html @throws Error */
export function readIon(bytes: Uint8Array<ArrayBuffer>): IonNode {
  let symbols = systemSymbols;
  const reader = new Reader(bytes, 4, () => symbols);
  for (;;) {
    const node = reader.next();
    if (node === undefined) throw new Error("there is no value");
    if (node.annotations[0] !== "$ion_symbol_table" || node.type !== "struct") return node;
    const names = node.fields.find(({ name }) => name === "symbols")?.value;
    const own = names?.type === "list" ? names.items.map((item) => (item.type === "string" ? item.value : null)) : [];
    symbols = [...systemSymbols, ...own];
  }
}

class Reader {
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private at: number;
  private readonly symbols: () => readonly SymbolName[];

  constructor(bytes: Uint8Array<ArrayBuffer>, at: number, symbols: () => readonly SymbolName[]) {
    [this.bytes, this.at, this.symbols] = [bytes, at, symbols];
  }

  /** @returns the next value, padding passed over; undefined at the end */
  next(annotations: readonly SymbolName[] = []): IonNode | undefined {
    while (this.at < this.bytes.length) {
      const descriptor = this.byte();
      const [code, low] = [descriptor >> 4, descriptor & 15];
      if (low === 15) return { type: "null", of: types[code] ?? "null", annotations };
      if (code === 1) return { type: "bool", value: low === 1, annotations };
      const sorted = code === 13 && low === 1;
      const body = this.take(low === 14 || sorted ? this.varUint() : low);
      if (code === 0) continue;
      return code === annotationType ? this.annotated(body) : this.value(code, body, annotations);
    }
    return undefined;
  }

  private annotated(body: Uint8Array<ArrayBuffer>): IonNode {
    const inside = new Reader(body, 0, this.symbols);
    const end = inside.varUint() + inside.at;
    const annotations: SymbolName[] = [];
    while (inside.at < end) annotations.push(this.symbol(inside.varUint()));
    const value = inside.next(annotations);
    if (value === undefined) throw new Error("annotations of no value");
    return value;
  }

  private value(code: number, bytes: Uint8Array<ArrayBuffer>, annotations: readonly SymbolName[]): IonNode {
    const type = types[code];
    switch (type) {
      case "int":
        return { type, negative: code === 3, bytes, annotations };
      case "symbol":
        return { type, value: this.symbol(Number(unsigned(bytes))), annotations };
      case "string":
        return { type, value: utf8.decode(bytes), bytes, annotations };
      case "list":
      case "sexp":
        return { type, items: this.items(bytes), annotations };
      case "struct":
        return { type, fields: this.fields(bytes), annotations };
      case "float":
      case "decimal":
      case "timestamp":
      case "clob":
      case "blob":
        return { type, bytes, annotations };
      default:
        throw new Error(`there is no type ${code}`);
    }
  }

  private items(bytes: Uint8Array<ArrayBuffer>): IonNode[] {
    const inside = new Reader(bytes, 0, this.symbols);
    const items: IonNode[] = [];
    for (let item = inside.next(); item !== undefined; item = inside.next()) items.push(item);
    return items;
  }

  private fields(bytes: Uint8Array<ArrayBuffer>): IonField[] {
    const inside = new Reader(bytes, 0, this.symbols);
    const fields: IonField[] = [];
    while (inside.at < bytes.length) {
      const name = this.symbol(inside.varUint());
      const value = inside.next();
      if (value !== undefined) fields.push({ name, value });
    }
    return fields;
  }

  private symbol(id: number): SymbolName {
    return this.symbols()[id] ?? null;
  }

  private varUint(): number {
    let value = 0;
    for (;;) {
      const byte = this.byte();
      value = value * 128 + (byte & 127);
      if ((byte & 128) !== 0) return value;
    }
  }

  private byte(): number {
    const byte = this.bytes[this.at++];
    if (byte === undefined) throw new Error("the value is cut off");
    return byte;
  }

  private take(length: number): Uint8Array<ArrayBuffer> {
    const body = this.bytes.subarray(this.at, this.at + length);
    if (body.length < length) throw new Error("the value is cut off");
    this.at += length;
    return body;
  }
}

/** A number's magnitude, big-endian. */
export function unsigned(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => value * 256n + BigInt(byte), 0n);
}

/** The first field of a name; undefined where there is none, or the value is no struct. */
export function ionField(node: IonNode | undefined, name: string): IonNode | undefined {
  return node?.type === "struct" ? node.fields.find((field) => field.name === name)?.value : undefined;
}
