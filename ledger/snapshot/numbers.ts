/** Numbers in one record of a snapshot: 1 MiB. */
const perRecord = 1 << 17;

/** Numbers as records of doubles, in the byte order of this machine's kind (little-endian, as everywhere that Node runs). */
export function* numberRecords(numbers: Float64Array): Generator<Buffer> {
  for (let from = 0; from < numbers.length; from += perRecord) {
    const part = numbers.subarray(from, from + perRecord);
    yield Buffer.from(part.buffer, part.byteOffset, part.byteLength);
  }
}

/** The numbers of one record. */
export function numbersIn(record: Buffer): Float64Array {
  const numbers = new Float64Array(record.length / 8);
  Buffer.from(numbers.buffer).set(record);
  return numbers;
}
