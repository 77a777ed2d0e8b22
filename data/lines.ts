import { createReadStream, createWriteStream } from "node:fs";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** Writes values to a file that nobody else may read, each as a line of JSON. @returns how many there were */
export async function writeLines(file: string, values: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  const lines = async function* () {
    for await (const value of values) {
      count++;
      // Node's readline takes these two for ends of lines, too.
      yield `${JSON.stringify(value).replace(/[\u2028\u2029]/g, (end) => `\\u${end.charCodeAt(0).toString(16)}`)}\n`;
    }
  };
  await pipeline(Readable.from(lines()), createWriteStream(file, { mode: 0o600, flags: "wx" }));
  return count;
}

/** Reads what writeLines wrote. @throws the system's errors, SyntaxError */
export async function* readLines<T>(file: string): AsyncGenerator<T> {
  const input = createReadStream(file);
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) yield JSON.parse(line) as T;
  } finally {
    input.destroy();
  }
}
