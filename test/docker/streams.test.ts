import { expect, test } from "vitest";
import { type Frame, frames, jsonLines, LineSplitter, lines, rawFrames, stampedLines } from "../../docker/streams.ts";

/** A frame as the engine sends it: stream, three zero bytes, length, data. */
function frame(stream: number, text: string): Buffer {
  const data = Buffer.from(text);
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(data.length, 4);
  return Buffer.concat([header, data]);
}

async function* chunks(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of source) all.push(item);
  return all;
}

const multiplexed = Buffer.concat([frame(1, "eins\nzw"), frame(2, "Fehler: ü\n"), frame(1, "ei\r\n"), frame(1, ""), frame(2, "ohne Ende")]);

test.each([1, 3, 7, 8, 9, 1000])("frames are the same in chunks of %d bytes", async (size) => {
  const found = await collect(frames(chunks(multiplexed, size)));
  expect(found.map(({ stream, data }) => [stream, data.toString()])).toEqual([
    ["stdout", "eins\nzw"],
    ["stderr", "Fehler: ü\n"],
    ["stdout", "ei\r\n"],
    ["stdout", ""],
    ["stderr", "ohne Ende"],
  ]);
});

test.each([1, 5, 1000])("lines of two streams are put together in chunks of %d bytes", async (size) => {
  expect(await collect(lines(frames(chunks(multiplexed, size))))).toEqual([
    { stream: "stdout", line: "eins" },
    { stream: "stderr", line: "Fehler: ü" },
    { stream: "stdout", line: "zwei" },
    { stream: "stderr", line: "ohne Ende" },
  ]);
});

test("bytes that are no frame are refused, not guessed at", async () => {
  await expect(collect(frames(chunks(Buffer.from("plain text of a terminal"), 100)))).rejects.toThrow(/output stream is damaged/);
});

test("a container with a terminal has standard output only", async () => {
  const found: Frame[] = await collect(rawFrames(chunks(Buffer.from("a\r\nb"), 2)));
  expect(Buffer.concat(found.map(({ data }) => data)).toString()).toBe("a\r\nb");
  expect(found.every(({ stream }) => stream === "stdout")).toBe(true);
});

test("a character cut in two stays whole", () => {
  const splitter = new LineSplitter();
  const bytes = Buffer.from("grün\nrest");
  expect([...splitter.push(bytes.subarray(0, 3)), ...splitter.push(bytes.subarray(3)), ...splitter.end()]).toEqual(["grün", "rest"]);
});

test("empty lines count, an ended stream adds none", () => {
  const splitter = new LineSplitter();
  expect(splitter.push(Buffer.from("\n\na\n"))).toEqual(["", "", "a"]);
  expect(splitter.end()).toEqual([]);
});

test.each([1, 4, 1000])("JSON values come one a line in chunks of %d bytes", async (size) => {
  const bytes = Buffer.from('{"a":1}\r\n\n{"b":"ü"}\n{"c":null}');
  expect(await collect(jsonLines(chunks(bytes, size)))).toEqual([{ a: 1 }, { b: "ü" }, { c: null }]);
});

test("a line that the engine has kept in pieces comes whole, with the time of its first piece", async () => {
  const [one, two] = ["2026-01-01T00:00:01.000000000Z", "2026-01-01T00:00:02.000000000Z"];
  const halves = ["ü".repeat(8192), `${"y".repeat(100)}\n`];
  const pieces = [frame(1, `${one} ${halves[0]}`), frame(2, `${two} a b\n`), frame(1, `${two} ${halves[1]}`), frame(1, `${two} \n`)];
  expect(await collect(stampedLines(frames(chunks(Buffer.concat(pieces), 100))))).toEqual([
    { stream: "stderr", line: "a b", time: two },
    { stream: "stdout", line: halves.join("").trimEnd(), time: one },
    { stream: "stdout", line: "", time: two },
  ]);
});
