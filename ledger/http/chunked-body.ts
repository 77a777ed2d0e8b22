import type { Body } from "./body.ts";
import { bodyTooLarge, HttpError, malformed } from "./http-error.ts";
import { checkTrailer } from "./request-head.ts";

/** Of what is not content: sizes with their extensions, and the lines after the last chunk. */
const mostFraming = 16 << 10;
const firstRoom = 4 << 10;

const sizeLine = /^([0-9a-fA-F]{1,8})(;[\t\x20-\x7e\x80-\xff]*)?$/;

const carriageReturn = 13;
const lineFeed = 10;

/** A body in chunks: RFC 9112, section 7.1. */
export class ChunkedBody implements Body {
  whole: Buffer | undefined;
  private readonly most: number;
  private readonly grown: (bytes: number) => void;
  private content: Buffer = Buffer.alloc(0);
  private size = 0;
  private expected: "size" | "content" | "content's end" | "trailer" = "size";
  /** Bytes of the current chunk that are still to come. */
  private missing = 0;
  /** The beginning of a line that has not ended yet. */
  private line = "";
  /** Characters of extensions and trailers until now. */
  private framing = 0;

  /**
   * @param most bytes of content
   * @param grown told how many bytes of content have come; what it throws refuses the request
   */
  constructor(most: number, grown: (bytes: number) => void) {
    this.most = most;
    this.grown = grown;
  }

  take(bytes: Buffer, from: number): number {
    let at = from;
    while (this.whole === undefined && at < bytes.length)
      at = this.expected === "content" ? this.takeContent(bytes, at) : this.takeLine(bytes, at);
    return at;
  }

  private takeContent(bytes: Buffer, from: number): number {
    const end = Math.min(bytes.length, from + this.missing);
    this.grown(end - from);
    bytes.copy(this.content, this.size, from, end);
    this.size += end - from;
    this.missing -= end - from;
    if (this.missing === 0) this.expected = "content's end";
    return end;
  }

  private takeLine(bytes: Buffer, from: number): number {
    const found = bytes.indexOf(lineFeed, from);
    const end = found < 0 ? bytes.length : found;
    this.line += bytes.toString("latin1", from, Math.min(end, from + mostFraming + 1));
    if (this.line.length + this.framing > mostFraming)
      throw new HttpError(431, "RequestTooLargeException", `chunks have at most ${mostFraming} bytes around them`);
    if (this.expected === "content's end" && this.line !== "" && this.line !== "\r") throw malformed("a chunk is longer than it says");
    if (found < 0) return end;
    if (this.line.charCodeAt(this.line.length - 1) !== carriageReturn) throw malformed("a line ends with a line feed alone");
    const line = this.line.slice(0, -1);
    this.line = "";
    this.lineEnded(line);
    return end + 1;
  }

  private lineEnded(line: string): void {
    if (this.expected === "content's end") this.expected = "size";
    else if (this.expected === "size") this.begin(line);
    else if (line === "") this.whole = this.content.subarray(0, this.size);
    else {
      checkTrailer(line);
      this.framing += line.length;
    }
  }

  private begin(line: string): void {
    const [, digits, extension = ""] = sizeLine.exec(line) ?? [];
    if (digits === undefined) throw malformed("a chunk does not begin with its size");
    this.framing += extension.length;
    this.missing = Number.parseInt(digits, 16);
    if (this.missing === 0) {
      this.expected = "trailer";
      return;
    }
    this.expected = "content";
    this.makeRoom(this.size + this.missing);
  }

  private makeRoom(wanted: number): void {
    if (wanted > this.most) throw bodyTooLarge(this.most);
    if (wanted <= this.content.length) return;
    const room = Math.min(this.most, Math.max(firstRoom, wanted, 2 * this.content.length));
    const content = Buffer.allocUnsafe(room);
    this.content.copy(content, 0, 0, this.size);
    this.content = content;
  }
}
