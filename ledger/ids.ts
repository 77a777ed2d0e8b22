import { randomUUID } from "node:crypto";

const digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 22;

/** A new id as QLDB writes them: a random UUID (version 4) as 22 base-62 digits. */
export function newId(uuid: string = randomUUID()): string {
  let rest = BigInt(`0x${uuid.replaceAll("-", "")}`);
  let id = "";
  while (id.length < length) {
    id = (digits[Number(rest % 62n)] ?? "0") + id;
    rest /= 62n;
  }
  return id;
}
