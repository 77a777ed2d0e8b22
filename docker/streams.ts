import { StringDecoder } from "node:string_decoder";
import { EngineError } from "./error.ts";

/** Where a container wrote something. */
export type OutputStream = "stdout" | "stderr";

export interface Frame {
  readonly stream: OutputStream;
  readonly data: Buffer;
}

const headerLength = 8;

const lineFeed = 10;

/**
 * Splits the engine's multiplexed stream: an 8 byte header (stream 0–2, three zero bytes, length as big-endian 32 bit) before each piece.
 * Source: Docker Engine API, "Attach to a container", stream format.
 * @throws EngineError for bytes that are no such header
 */
export async function* frames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= headerLength) {
      const kind = rest.readUInt8(0);
      if (kind > 2 || rest.readUIntBE(1, 3) !== 0)
        throw new EngineError(`the engine's output stream is damaged: header ${rest.toString("hex", 0, headerLength)}`);
      const end = headerLength + rest.readUInt32BE(4);
      if (rest.length < end) break;
      yield { stream: kind === 2 ? "stderr" : "stdout", data: rest.subarray(headerLength, end) };
      rest = rest.subarray(end);
    }
  }
}

/** The stream of a container with a terminal: everything is standard output. */
export async function* rawFrames(source: AsyncIterable<Buffer>): AsyncGenerator<Frame> {
  for await (const data of source) yield { stream: "stdout", data };
}

/** Puts text together from pieces that may end inside a character, and hands out whole lines. */
export class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  /** @returns the lines that are complete, without their line ends (LF or CRLF) */
  push(chunk: Buffer): string[] {
    const lines = (this.rest + this.decoder.write(chunk)).split("\n");
    this.rest = lines.pop() ?? "";
    return lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line));
  }

  /** @returns the last line where it had no line end */
  end(): string[] {
    const last = this.rest + this.decoder.end();
    this.rest = "";
    return last === "" ? [] : [last];
  }
}

export interface OutputLine {
  readonly stream: OutputStream;
  readonly line: string;
}

/** Lines of each stream in the order they were completed. */
export async function* lines(source: AsyncIterable<Frame>): AsyncGenerator<OutputLine> {
  const splitters = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  for await (const { stream, data } of source) for (const line of splitters[stream].push(data)) yield { stream, line };
  for (const stream of ["stdout", "stderr"] as const) for (const line of splitters[stream].end()) yield { stream, line };
}

/** A line with the time when it was written. */
export interface StampedLine extends OutputLine {
  readonly time: string;
}

/**
 * Lines of a container's log, asked for with timestamps. The engine puts one before every piece that it has kept, in a frame of its own: a
 * line of more than 16 KiB is several.
 */
export async function* stampedLines(source: AsyncIterable<Frame>): AsyncGenerator<StampedLine> {
  const states = { stdout: { splitter: new LineSplitter(), time: "" }, stderr: { splitter: new LineSplitter(), time: "" } };
  for await (const { stream, data } of source) {
    const state = states[stream];
    const space = data.indexOf(" ");
    state.time ||= data.toString("latin1", 0, space);
    for (const line of state.splitter.push(data.subarray(space + 1))) yield { stream, line, time: state.time };
    if (data.at(-1) === lineFeed) state.time = "";
  }
  for (const stream of ["stdout", "stderr"] as const) {
    const { splitter, time } = states[stream];
    for (const line of splitter.end()) yield { stream, line, time };
  }
}

/** One JSON value a line, as builds, pulls and events answer. Empty lines are skipped. */
export async function* jsonLines<T>(source: AsyncIterable<Buffer>): AsyncGenerator<T> {
  const splitter = new LineSplitter();
  for await (const chunk of source) for (const line of splitter.push(chunk)) if (line.trim() !== "") yield JSON.parse(line) as T;
  for (const line of splitter.end()) if (line.trim() !== "") yield JSON.parse(line) as T;
}
