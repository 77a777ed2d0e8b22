import { magnitude, signedBytes, varInt } from "../../../ledger/ion/binary-writer.ts";
import { systemSymbols } from "../../../ledger/ion/symbols.ts";
import type { IonType, IonValue, SymbolText } from "../../../ledger/ion/value.ts";
import type { Random } from "../random.ts";

const codes: Record<IonType, number> = {
  ...{
    null: 0,
    bool: 1,
    int: 2,
    float: 4,
    decimal: 5,
    timestamp: 6,
    symbol: 7,
    string: 8,
    clob: 9,
    blob: 10,
    list: 11,
    sexp: 12,
    struct: 13,
  },
};

/**
 * Writes a value as binary Ion in ways that no library here writes but every reader has to take: 32 bit floats, padding, lengths and
 * numbers with leading zeros, symbol tables that are built up in steps.
 * @param padding false for what ion-js has to read: it takes padding for null
 */
export function writeLoosely(value: IonValue, random: Random, padding = true): Buffer {
  const writer = new LooseWriter(random, padding);
  const body = writer.value(value);
  return Buffer.concat([Buffer.from([0xe0, 0x01, 0x00, 0xea]), ...writer.tables(), body]);
}

class LooseWriter {
  private readonly random: Random;
  private readonly pads: boolean;
  private readonly ids = new Map<string, number>();

  constructor(random: Random, pads: boolean) {
    this.random = random;
    this.pads = pads;
  }

  /** One table for each few symbols: the first by itself, the others appended to it. */
  tables(): Buffer[] {
    const names = [...this.ids.keys()];
    const tables: Buffer[] = [];
    while (names.length > 0) {
      const some = names.splice(0, 1 + this.random.below(4)).map((name) => this.tagged(8, Buffer.from(name, "utf8")));
      const symbols = [this.varUint(7), this.tagged(11, Buffer.concat(some))];
      // imports: $ion_symbol_table
      const appends = tables.length === 0 ? [] : [this.varUint(6), Buffer.from([0x71, 0x03])];
      tables.push(this.tagged(14, Buffer.concat([Buffer.from([0x81, 0x83]), this.tagged(13, Buffer.concat([...appends, ...symbols]))])));
    }
    return tables;
  }

  value(value: IonValue): Buffer {
    const { annotations = [] } = value;
    if (annotations.length === 0) return this.plain(value);
    const ids = Buffer.concat(annotations.map((name) => this.varUint(this.id(name))));
    return this.tagged(14, Buffer.concat([this.varUint(ids.length), ids, this.plain(value)]));
  }

  private plain(value: IonValue): Buffer {
    const code = codes[value.type];
    switch (value.type) {
      case "null":
        return Buffer.from([(codes[value.of] << 4) | 15]);
      case "bool":
        return Buffer.from([value.value ? 0x11 : 0x10]);
      case "int":
        return this.tagged(value.value < 0n ? 3 : 2, this.padded(magnitude(value.value)));
      case "float":
        return this.float(value.value);
      case "decimal":
        return this.tagged(code, Buffer.concat([varInt(value.exponent), signedBytes(value.coefficient, value.negativeZero)]));
      case "timestamp":
        return this.tagged(code, value.bytes);
      case "symbol":
        return this.tagged(code, this.padded(magnitude(BigInt(this.id(value.value)))));
      case "string":
        return this.tagged(code, Buffer.from(value.value, "utf8"));
      case "clob":
      case "blob":
        return this.tagged(code, value.value);
      case "list":
      case "sexp":
        return this.tagged(code, Buffer.concat(value.items.flatMap((item) => [...this.padding(), this.value(item)])));
      case "struct":
        return this.tagged(
          code,
          Buffer.concat(value.fields.flatMap((field) => [this.varUint(this.id(field.name)), this.value(field.value)])),
        );
    }
  }

  private float(value: number): Buffer {
    const short = Buffer.alloc(4);
    short.writeFloatBE(value);
    if (Object.is(short.readFloatBE(0), value)) return this.tagged(4, short);
    const long = Buffer.alloc(8);
    long.writeDoubleBE(value);
    return this.tagged(4, long);
  }

  private padding(): Buffer[] {
    const length = this.pads ? this.random.below(4) : 0;
    return length === 0 ? [] : [Buffer.from([length - 1, ...Array.from({ length: length - 1 }, () => this.random.below(256))])];
  }

  private padded(bytes: Buffer): Buffer {
    return this.random.below(2) === 0 ? bytes : Buffer.concat([Buffer.alloc(this.random.below(3)), bytes]);
  }

  private id(symbol: SymbolText): number {
    const system = systemSymbols.indexOf(symbol);
    if (system >= 0) return system;
    const known = this.ids.get(symbol ?? "");
    if (known !== undefined) return known;
    const id = systemSymbols.length + this.ids.size;
    this.ids.set(symbol ?? "", id);
    return id;
  }

  private tagged(type: number, body: Buffer): Buffer {
    // Length 1 of a struct means that its fields are sorted; floats have their lengths for types.
    const short = body.length < 14 && (type === 4 || this.random.below(2) === 0);
    if (short) return Buffer.concat([Buffer.from([(type << 4) | body.length]), body]);
    return Buffer.concat([Buffer.from([(type << 4) | 14]), this.varUint(body.length), body]);
  }

  private varUint(value: number): Buffer {
    const bytes = [(value & 127) | 128];
    for (let rest = value >> 7; rest > 0; rest >>= 7) bytes.unshift(rest & 127);
    for (let zeros = this.random.below(3); zeros > 0; zeros--) bytes.unshift(0);
    return Buffer.from(bytes);
  }
}
