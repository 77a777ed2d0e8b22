import type { Redis } from "ioredis";

/** What has become of a stream's entries, whichever group of workers takes them. */
export interface TakenEntries {
  /** The newest entry that was taken; "0-0" where none was. */
  readonly newest: string;
  /** Ids of those that were taken and not acknowledged. */
  readonly pending: ReadonlySet<string>;
}

/** More entries that wait for their acknowledgement are not looked at. */
const mostPending = 100_000;

/** Reads what was taken of a stream; nothing of one that is not there. */
export async function readTaken(redis: Redis, stream: string): Promise<TakenEntries> {
  const groups = await infoGroups(redis, stream);
  const pending = await Promise.all([...groups.keys()].map((group) => pendingIn(redis, stream, group, mostPending)));
  const newest = [...groups.values()].reduce((a, b) => (isAfter(b, a) ? b : a), "0-0");
  return { newest, pending: new Set(pending.flat()) };
}

/** The groups of a stream with the newest entry that each has taken; none where there is no such stream. */
export async function infoGroups(redis: Redis, stream: string): Promise<Map<string, string>> {
  const answer: unknown = await redis.xinfo("GROUPS", stream).catch(ifMissing<unknown>([]));
  const groups = Array.isArray(answer) ? answer : [];
  return new Map(
    groups.map((fields: unknown) => {
      const flat = Array.isArray(fields) ? fields.map(String) : [];
      const field = (name: string) => flat[flat.indexOf(name) + 1] ?? "";
      return [field("name"), field("last-delivered-id")];
    }),
  );
}

/** Ids of entries that a group took and did not acknowledge; none where there is no such group. */
export async function pendingIn(redis: Redis, stream: string, group: string, most: number, from = "-", to = "+"): Promise<string[]> {
  const entries = await redis.xpending(stream, group, from, to, most).catch(ifMissing<unknown[]>([]));
  return entries.map((entry) => String(Array.isArray(entry) ? entry[0] : ""));
}

/** A stream or a group that is not there holds nothing; any other error is one. */
export function ifMissing<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && /no such key|requires the key to exist|NOGROUP/i.test(error.message)) return value;
    throw error;
  };
}

/** Compares ids of entries: `milliseconds-number`. */
export function isAfter(id: string, other: string): boolean {
  const [[ms = 0, sequence = 0], [otherMs = 0, otherSequence = 0]] = [id, other].map((each) => each.split("-").map(Number)) as [
    number[],
    number[],
  ];
  return ms > otherMs || (ms === otherMs && sequence > otherSequence);
}
