import { totalmem } from "node:os";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** From this part of the limit on garbage is looked for. */
const from = 0.6;

/** Then as often as a part of what is left up to the limit was allocated anew, and not for less than a part of the limit. */
const [partOfRest, leastPart] = [1 / 4, 1 / 32];

/** Between two looks, in ms: in that time the process grows by some MiB at most. */
const intervalMs = 10;

/** What a process has in memory, in bytes. */
export interface MemoryInUse {
  /** All of it. What was freed may still be in there: the system takes it back later. */
  readonly resident: number;
  /** By V8's books: values and buffers, and garbage that nobody has looked for. */
  readonly held: number;
}

/**
 * Decides when garbage has to go. V8 lets it lie until its own heap is full, and bodies and pages beside it do not count there at all: without
 * this the process takes twice what it holds, whatever it may take.
 */
export class GarbageLimit {
  private readonly limit: number;
  /** What was held after garbage was last collected: it lives. */
  private lived = 0;

  /** @param limit in bytes */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** @param collect collects garbage */
  look(inUse: () => MemoryInUse, collect: () => void): void {
    const { resident, held } = inUse();
    if (resident < from * this.limit) return;
    const left = Math.max(leastPart * this.limit, partOfRest * (this.limit - resident));
    // What lived may have gone by itself.
    this.lived = Math.min(this.lived, held);
    if (held - this.lived < left) return;
    collect();
    this.lived = inUse().held;
  }
}

/**
 * Keeps this process's garbage small beside what it may take. Nothing happens where that is all there is.
 * @param limit in bytes
 * @returns ends it
 */
export function limitGarbage(limit: number): () => void {
  if (limit >= totalmem()) return () => {};
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const garbage = new GarbageLimit(limit);
  const timer = setInterval(() => garbage.look(inUse, collect), intervalMs);
  timer.unref();
  return () => clearInterval(timer);
}

function inUse(): MemoryInUse {
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss, held: heapUsed + external };
}
