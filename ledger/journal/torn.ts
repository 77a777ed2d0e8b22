import { padding } from "../ion/binary-writer.ts";

/** What binary Ion begins with, and the kinds of what a block consists of: https://amazon-ion.github.io/ion-docs/docs/binary.html */
const versionMarker = Buffer.from([0xe0, 0x01, 0x00, 0xea]);
const [annotated, struct] = [14, 13];

/**
 * Whether the content of a last record whose checksum does not fit was never written to its end: then it ends in zeros, where the file system
 * had made it longer before it wrote its bytes. A block that was written whole may end in zeros, too, its padding; one bit that is wrong
 * anywhere in it must not pass for what was never written.
 */
export function isUnwritten(content: Buffer): boolean {
  if (content.length > 0 && content.at(-1) !== 0) return false;
  if (endsInPadding(content)) return false;
  const end = bodyEnd(content);
  if (end === undefined || content[end - 1] === 0) return true;
  const [found, whole] = [content.subarray(end), padding(content.length - end)];
  const differs = found.findIndex((byte, index) => byte !== whole[index]);
  return differs >= 0 && found.subarray(differs).every((byte) => byte === 0);
}

/** Whether the zeros at the end follow the head of a padding that is as long as they are. */
function endsInPadding(content: Buffer): boolean {
  let zeros = content.length;
  while (zeros > 0 && content[zeros - 1] === 0) zeros--;
  // The longest head has five bytes, none of them a zero at its end.
  for (let start = Math.max(0, zeros - 5); start < zeros; start++) {
    const whole = padding(content.length - start);
    if (content.subarray(start).equals(whole)) return true;
  }
  return false;
}

/** Where a block's symbols and the block itself end. @returns undefined where this cannot be read */
function bodyEnd(content: Buffer): number | undefined {
  if (!content.subarray(0, versionMarker.length).equals(versionMarker)) return undefined;
  for (let at = versionMarker.length; at < content.length; ) {
    const kind = (content[at] ?? 0) >> 4;
    const end = valueEnd(content, at);
    if (end > content.length || (kind !== annotated && kind !== struct)) return undefined;
    if (kind === struct) return end;
    at = end;
  }
  return undefined;
}

function valueEnd(content: Buffer, at: number): number {
  const short = (content[at] ?? 0) & 15;
  if (short !== 14) return at + 1 + short;
  let length = 0;
  for (let from = at + 1; from < content.length; from++) {
    const byte = content[from] ?? 0;
    length = length * 128 + (byte & 127);
    if (byte >= 128) return from + 1 + length;
  }
  return content.length + 1;
}
