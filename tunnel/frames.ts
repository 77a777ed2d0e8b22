/** What a frame does to the connection of its number. */
export const kinds = { open: 1, data: 2, end: 3, reset: 4, credit: 5 } as const;
export type Kind = keyof typeof kinds;

export interface TunnelFrame {
  readonly kind: Kind;
  /** Number of the connection, given by the end that opens it. */
  readonly connection: number;
  readonly payload: Buffer;
}

/** Kind (1 byte), connection (4), length of the payload (4), big-endian. */
const headerLength = 9;

/** More than any end sends in one frame: what claims more is no frame. */
const longestPayload = 1 << 20;

const kindNames = new Map<number, Kind>(Object.entries(kinds).map(([name, value]) => [value, name as Kind]));

export function encodeFrame({ kind, connection, payload }: TunnelFrame): Buffer {
  const header = Buffer.alloc(headerLength);
  header.writeUInt8(kinds[kind], 0);
  header.writeUInt32BE(connection, 1);
  header.writeUInt32BE(payload.length, 5);
  return Buffer.concat([header, payload]);
}

/** Puts frames together from pieces of any size. */
export class FrameDecoder {
  private rest: Buffer = Buffer.alloc(0);

  /** @throws Error for bytes that are no frame */
  push(chunk: Buffer): TunnelFrame[] {
    this.rest = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk]);
    const found: TunnelFrame[] = [];
    while (this.rest.length >= headerLength) {
      const kind = kindNames.get(this.rest.readUInt8(0));
      const length = this.rest.readUInt32BE(5);
      if (kind === undefined || length > longestPayload)
        throw new Error(`the tunnel's stream is damaged: ${this.rest.toString("hex", 0, headerLength)}`);
      const end = headerLength + length;
      if (this.rest.length < end) break;
      found.push({ kind, connection: this.rest.readUInt32BE(1), payload: this.rest.subarray(headerLength, end) });
      this.rest = this.rest.subarray(end);
    }
    return found;
  }
}
