import type { IncomingMessage } from "node:http";
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
  readonly userAgent: string | undefined;
}

type Field =
  | "host"
  | "origin"
  | "authorization"
  | "operation"
  | "userAgent"
  | "contentLength"
  | "transferEncoding"
  | "connection"
  | "expect";
type Fields = Record<Field, string | undefined>;

/** By name; fieldNamed() knows the lengths of these names. */
const named: ReadonlyMap<string, Field> = new Map([
  ["host", "host"],
  ["origin", "origin"],
  ["authorization", "authorization"],
  ["x-amz-target", "operation"],
  ["user-agent", "userAgent"],
  ["content-length", "contentLength"],
  ["transfer-encoding", "transferEncoding"],
  ["connection", "connection"],
  ["expect", "expect"],
]);

/** Fields that may come several times: their values are one list. */
const lists: ReadonlySet<Field> = new Set(["connection", "userAgent"]);

const visible = /^[\x21-\x7e]+$/;

/**
 * Takes what is asked for from the head of a request that Node's parser has read, and refuses what that forgives although two readers could see two
 * different requests in it: RFC 9112, sections 3, 5 and 6.
 * @throws HttpError with the status to answer with; the connection has to end then
 */
export function headOf({ method = "", url = "", httpVersion, rawHeaders }: IncomingMessage): RequestHead {
  const old = httpVersion === "1.0";
  if (!old && httpVersion !== "1.1")
    throw new HttpError(505, "HttpVersionNotSupportedException", `HTTP/${httpVersion} is not spoken here, HTTP/1.1 is`);
  if (!visible.test(url)) throw malformed("its path has a character that is not allowed");
  const fields = fieldsOf(rawHeaders);
  if (fields.host === undefined && !old) throw malformed("header Host is missing");
  return {
    method,
    target: url,
    keepAlive: keepsAlive(fields.connection, old),
    length: lengthOf(fields, old),
    expectsContinue: !old && expectsContinue(fields.expect),
    host: fields.host,
    origin: fields.origin,
    authorization: fields.authorization,
    operation: fields.operation,
    userAgent: fields.userAgent,
  };
}

/** @param headers names and values by turns */
function fieldsOf(headers: readonly string[]): Fields {
  const fields: Fields = {
    host: undefined,
    origin: undefined,
    authorization: undefined,
    operation: undefined,
    userAgent: undefined,
    contentLength: undefined,
    transferEncoding: undefined,
    connection: undefined,
    expect: undefined,
  };
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const field = fieldNamed(name);
    if (field === undefined) continue;
    const value = headers[at + 1] ?? "";
    const before = fields[field];
    if (before !== undefined && !lists.has(field)) throw malformed(`header ${name} comes twice`);
    fields[field] = before === undefined ? value : `${before}, ${value}`;
  }
  return fields;
}

/** The field of a name, if anybody asks for it. Most lengths of names need no further look. */
function fieldNamed(name: string): Field | undefined {
  switch (name.length) {
    case 4:
    case 6:
    case 10:
    case 12:
    case 13:
    case 14:
    case 17:
      return named.get(name.toLowerCase());
  }
  return undefined;
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

/** No other protocol is spoken here. Node's parser loses what comes at once with a request for one, so that its connection serves no other. */
function keepsAlive(connection: string | undefined, old: boolean): boolean {
  if (connection === undefined) return !old;
  const options = connection.toLowerCase().split(/[ \t]*,[ \t]*/);
  if (options.includes("close") || options.includes("upgrade")) return false;
  return !old || options.includes("keep-alive");
}

function expectsContinue(expect: string | undefined): boolean {
  if (expect === undefined) return false;
  if (expect.toLowerCase() === "100-continue") return true;
  throw new HttpError(417, "ExpectationFailedException", `Expect is "${expect.slice(0, 100)}": "100-continue" is understood`);
}
