import type { IonField, IonNode, SymbolName } from "./ion-reader.ts";

const [begin, escapeSign, end] = [0x0b, 0x0c, 0x0e];

const codes: Readonly<Record<string, number>> = {
  ...{ null: 0x00, bool: 0x10, int: 0x20, float: 0x40, decimal: 0x50, timestamp: 0x60, symbol: 0x70 },
  ...{ string: 0x80, clob: 0x90, blob: 0xa0, list: 0xb0, sexp: 0xc0, struct: 0xd0 },
};

const utf8 = new TextEncoder();

/** SHA-256 by the browser's Web Crypto. */
export async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/**
 * The Ion hash of a value with SHA-256: https://amazon-ion.github.io/ion-hash/docs/spec.html
 * @returns 32 bytes
 */
export async function hashOfIon(node: IonNode): Promise<Uint8Array<ArrayBuffer>> {
  return sha256Of(Uint8Array.from(await serialized(node)));
}

async function serialized(node: IonNode): Promise<number[]> {
  const plain = await plainBytes(node);
  if (node.annotations.length === 0) return plain;
  return [begin, 0xe0, ...node.annotations.flatMap(symbolBytes), ...plain, end];
}

async function plainBytes(node: IonNode): Promise<number[]> {
  const code = codes[node.type] ?? 0;
  switch (node.type) {
    case "null":
      return [begin, (codes[node.of] ?? 0) | 0x0f, end];
    case "bool":
      return [begin, node.value ? 0x11 : 0x10, end];
    case "symbol":
      return symbolBytes(node.value);
    case "int":
      return [begin, node.negative ? 0x30 : code, ...escaped(node.bytes), end];
    case "list":
    case "sexp": {
      const items: number[] = [];
      for (const item of node.items) for (const byte of await serialized(item)) items.push(byte);
      return [begin, code, ...items, end];
    }
    case "struct": {
      const hashes = await Promise.all(node.fields.map(fieldHash));
      return [begin, code, ...hashes.sort(byBytes).flatMap(escaped), end];
    }
    default:
      return [begin, code, ...escaped(node.bytes), end];
  }
}

async function fieldHash({ name, value }: IonField): Promise<Uint8Array<ArrayBuffer>> {
  return sha256Of(Uint8Array.from([...symbolBytes(name), ...(await serialized(value))]));
}

function symbolBytes(text: SymbolName): number[] {
  return [begin, text === null ? 0x71 : 0x70, ...escaped(utf8.encode(text ?? "")), end];
}

/** Bytes that would be taken for marks get an escape before them. */
function escaped(bytes: Uint8Array): number[] {
  return [...bytes].flatMap((byte) => (byte === begin || byte === escapeSign || byte === end ? [escapeSign, byte] : [byte]));
}

/** As unsigned bytes, from the first on. */
function byBytes(a: Uint8Array, b: Uint8Array): number {
  for (const [index, byte] of a.entries()) {
    const difference = byte - (b[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
