import { METHODS } from "node:http";
import { HttpError, malformed } from "./http-error.ts";

/** What a request says before its body. Header fields that nobody asks for are checked, but not kept. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  /** Whether the connection may serve further requests. */
  readonly keepAlive: boolean;
  /** Bytes of the body; undefined where it comes in chunks. */
  readonly length: number | undefined;
  /** The client sends its body only after an answer of 100. */
  readonly expectsContinue: boolean;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly authorization: string | undefined;
  /** X-Amz-Target */
  readonly operation: string | undefined;
}

type Field = "host" | "origin" | "authorization" | "operation" | "contentLength" | "transferEncoding" | "connection" | "expect";
type Fields = Record<Field, string | undefined>;

/** By name; fieldNamed() knows the lengths of these names. */
const named: ReadonlyMap<string, Field> = new Map([
  ["host", "host"],
  ["origin", "origin"],
  ["authorization", "authorization"],
  ["x-amz-target", "operation"],
  ["content-length", "contentLength"],
  ["transfer-encoding", "transferEncoding"],
  ["connection", "connection"],
  ["expect", "expect"],
]);

/** Another one is more likely the end of a body that was not read to its end. */
const methods: ReadonlySet<string> = new Set(METHODS);

/** Fields that may come several times: their values are one list. */
const lists: ReadonlySet<Field> = new Set(["connection"]);

/** The whole head: nothing but methods, paths, names and values of allowed characters, with their line breaks. It is tried at once: that is quickest. */
const wholeHead =
  /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+) ([\x21-\x7e]+) HTTP\/(\d)\.(\d)(?:\r\n[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*)*$/;
const firstLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+ [\x21-\x7e]+ HTTP\/\d\.\d(?:\r\n|$)/;
const headerLine = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Reads the head of a request: RFC 9112, sections 3, 5 and 6, of which nothing is forgiven that lets two readers see two different requests.
 * @param text the head in Latin-1, from the method to its last line, without the line breaks after that
 * @throws HttpError with the status to answer with; the connection has to end then
 */
export function parseHead(text: string): RequestHead {
  const [, method, target, major, minor] = wholeHead.exec(text) ?? [];
  if (method === undefined || target === undefined) throw headProblem(text);
  const old = minor === "0";
  if (major !== "1" || (!old && minor !== "1"))
    throw new HttpError(505, "HttpVersionNotSupportedException", `HTTP/${major}.${minor} is not spoken here, HTTP/1.1 is`);
  if (!methods.has(method)) throw new HttpError(501, "NotImplementedException", `there is no method ${method.slice(0, 100)}`);
  const fields = fieldsOf(text);
  if (fields.host === undefined && !old) throw malformed("header Host is missing");
  return {
    method,
    target,
    keepAlive: keepsAlive(fields.connection, old),
    length: lengthOf(fields, old),
    expectsContinue: !old && expectsContinue(fields.expect),
    host: fields.host,
    origin: fields.origin,
    authorization: fields.authorization,
    operation: fields.operation,
  };
}

function headProblem(text: string): HttpError {
  return malformed(
    firstLine.test(text)
      ? "a header line is not a name, a colon and a value of visible characters"
      : "its first line is not a method, a path and HTTP/1.1",
  );
}

/** Checks a line after a chunked body, whose content nobody asks for. @throws HttpError */
export function checkTrailer(line: string): void {
  if (!headerLine.test(line)) throw malformed("a line after its chunks is not a name, a colon and a value of visible characters");
}

/** @param text a head that is as it has to be */
function fieldsOf(text: string): Fields {
  const fields: Fields = {
    host: undefined,
    origin: undefined,
    authorization: undefined,
    operation: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    connection: undefined,
    expect: undefined,
  };
  for (let lineBreak = text.indexOf("\r"); lineBreak >= 0; ) {
    const start = lineBreak + 2;
    const colon = text.indexOf(":", start);
    lineBreak = text.indexOf("\r", colon);
    const field = fieldNamed(text, start, colon);
    if (field === undefined) continue;
    const value = trimmed(text, colon + 1, lineBreak < 0 ? text.length : lineBreak);
    const before = fields[field];
    if (before !== undefined && !lists.has(field)) throw malformed(`header ${text.slice(start, colon)} comes twice`);
    fields[field] = before === undefined ? value : `${before}, ${value}`;
  }
  return fields;
}

/** The field of a name, if anybody asks for it. Most lengths of names need no further look. */
function fieldNamed(text: string, from: number, to: number): Field | undefined {
  switch (to - from) {
    case 4:
    case 6:
    case 10:
    case 12:
    case 13:
    case 14:
    case 17:
      return named.get(text.slice(from, to).toLowerCase());
  }
  return undefined;
}

/** Without the blanks and tabs around it. */
function trimmed(text: string, from: number, to: number): string {
  let [start, end] = [from, to];
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (start < end && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 32 || code === 9;
}

/** RFC 9112, section 6.3: a body that two readers could end at two places is refused. */
function lengthOf({ contentLength, transferEncoding }: Fields, old: boolean): number | undefined {
  if (transferEncoding !== undefined) {
    if (contentLength !== undefined) throw malformed("it has both Content-Length and Transfer-Encoding");
    if (old) throw malformed("HTTP/1.0 has no Transfer-Encoding");
    if (transferEncoding.toLowerCase() !== "chunked")
      throw new HttpError(501, "NotImplementedException", `Transfer-Encoding is "${transferEncoding}": "chunked" is understood`);
    return undefined;
  }
  if (contentLength === undefined) return 0;
  if (!/^\d{1,15}$/.test(contentLength)) throw malformed(`Content-Length is "${contentLength.slice(0, 100)}"`);
  return Number(contentLength);
}

function keepsAlive(connection: string | undefined, old: boolean): boolean {
  if (connection === undefined) return !old;
  const options = connection.toLowerCase().split(/[ \t]*,[ \t]*/);
  return old ? options.includes("keep-alive") && !options.includes("close") : !options.includes("close");
}

function expectsContinue(expect: string | undefined): boolean {
  if (expect === undefined) return false;
  if (expect.toLowerCase() === "100-continue") return true;
  throw new HttpError(417, "ExpectationFailedException", `Expect is "${expect.slice(0, 100)}": "100-continue" is understood`);
}
