import type { Redis } from "ioredis";
import { dataField } from "../../key-feeder/contract.ts";
import type { StreamEntry } from "../../key-feeder/payouts/streams.ts";

/** So many entries are held at a time. */
const page = 500;

/**
 * Every entry that a stream has now, oldest first; none where there is no such stream.
 * @param after the id of the newest entry that is known already
 */
export async function* scanStream(redis: Redis, stream: string, after = "0-0"): AsyncGenerator<StreamEntry> {
  for (let from = after; ; ) {
    const entries = await redis.xrange(stream, `(${from}`, "+", "COUNT", page);
    for (const [id, fields] of entries) yield { stream, id, data: fields[fields.indexOf(dataField) + 1] ?? "" };
    const last = entries.at(-1)?.[0];
    if (last === undefined || entries.length < page) return;
    from = last;
  }
}

/** When an entry was put on its stream, in milliseconds by Redis's clock. */
export function putAt(entry: StreamEntry): number {
  return Number(entry.id.split("-")[0]);
}
