const [quote, backslash, comma, bracket, brace] = ['"', "\\", ",", "[", "{"].map((each) => each.charCodeAt(0));

/** A shorter text is read in no time, whatever is in it. */
const short = 256 << 10;

/**
 * Whether a text of JSON has more than so many values: JSON.parse reads all of it in one step, which takes long for many values, and no time for
 * long texts in it.
 */
export function hasMoreValues(json: Buffer, most: number): boolean {
  if (json.length <= short) return false;
  let values = 0;
  for (let at = 0; at < json.length && values <= most; at++) {
    const byte = json[at];
    if (byte === quote) at = endOfText(json, at + 1);
    else if (byte === comma || byte === bracket || byte === brace) values++;
  }
  return values > most;
}

/** Where a text ends whose first character is at an offset. */
function endOfText(json: Buffer, from: number): number {
  for (let at = from; ; ) {
    const end = json.indexOf('"', at);
    if (end < 0) return json.length;
    let escapes = 0;
    while (json[end - 1 - escapes] === backslash) escapes++;
    if (escapes % 2 === 0) return end;
    at = end + 1;
  }
}
