import { HttpError, malformed } from "./http-error.ts";
import { parseHead, type RequestHead } from "./request-head.ts";

/** What a request has at most before its body. */
export const mostHeadBytes = 16 << 10;

const headEnd = Buffer.from("\r\n\r\n", "latin1");
const nothing = Buffer.alloc(0);
const tab = 9;
const lineFeed = 10;
const carriageReturn = 13;
const blank = 32;
const del = 127;

/** Finds the head of the next request in what a client sends, in whatever pieces it comes. */
export class HeadReader {
  /** Received, and not a whole head yet. */
  private begun: Buffer = nothing;

  /** Whether a request has begun. */
  get hasBegun(): boolean {
    return this.begun.length > 0;
  }

  /**
   * @param from where in the bytes the request begins or goes on
   * @returns the head, and where in the bytes it ends; or undefined where more has to come
   * @throws HttpError for what cannot become a head, as soon as it is seen
   */
  read(bytes: Buffer, from: number): { readonly head: RequestHead; readonly end: number } | undefined {
    if (this.begun.length > 0) return this.readOn(bytes, from);
    const start = afterLineBreaks(bytes, from);
    const end = bytes.indexOf(headEnd, start);
    if (end >= 0) return { head: headOf(bytes, start, end), end: end + headEnd.length };
    this.keep(bytes.subarray(start), 0);
    return undefined;
  }

  private readOn(bytes: Buffer, from: number): { readonly head: RequestHead; readonly end: number } | undefined {
    const known = this.begun.length;
    const all = Buffer.concat([this.begun, bytes.subarray(from)]);
    const start = afterLineBreaks(all, 0);
    const end = all.indexOf(headEnd, Math.max(start, known - headEnd.length + 1));
    if (end < 0) {
      this.keep(all.subarray(start), Math.max(0, known - start));
      return undefined;
    }
    this.begun = nothing;
    return { head: headOf(all, start, end), end: from + end + headEnd.length - known };
  }

  /** @param checked how many of the bytes were looked at before */
  private keep(bytes: Buffer, checked: number): void {
    if (bytes.length > mostHeadBytes) throw tooLarge();
    for (let at = checked; at < bytes.length; at++) {
      const byte = bytes[at] ?? 0;
      const afterReturn = at > 0 && bytes[at - 1] === carriageReturn;
      if (afterReturn !== (byte === lineFeed)) throw malformed("a line does not end with carriage return and line feed");
      if (byte === del || (byte < blank && byte !== tab && byte !== carriageReturn && byte !== lineFeed))
        throw malformed("its head has a character that is not allowed");
    }
    this.begun = bytes;
  }
}

/** RFC 9112, section 2.2: line breaks before a request are passed over. */
function afterLineBreaks(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === carriageReturn && bytes[at + 1] === lineFeed) at += 2;
  return at;
}

function headOf(bytes: Buffer, start: number, end: number): RequestHead {
  if (end - start > mostHeadBytes) throw tooLarge();
  return parseHead(bytes.toString("latin1", start, end));
}

function tooLarge(): HttpError {
  return new HttpError(431, "RequestTooLargeException", `the head of a request has at most ${mostHeadBytes} bytes`);
}
