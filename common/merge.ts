/** An item of one of several sources. */
export interface Merged<T> {
  /** Index of its source. */
  readonly source: number;
  readonly item: T;
}

interface Head<T> {
  readonly source: number;
  readonly next: IteratorResult<T>;
}

/**
 * Merges sources that are each in order.
 * @param key what they are in the order of; equal keys keep the order of the sources
 * @param complete true: sources end, wait for each so that the whole is in order; false: items come as they arrive
 */
export async function* merge<T>(
  sources: readonly AsyncIterable<T>[],
  key: (item: T) => string,
  complete: boolean,
): AsyncGenerator<Merged<T>> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const pull = async (source: number): Promise<Head<T>> => ({ source, next: await (iterators[source] as AsyncIterator<T>).next() });
  const heads = new Map(iterators.map((_, source) => [source, pull(source)]));
  try {
    while (heads.size > 0) {
      const head = complete ? earliest(await Promise.all(heads.values()), key) : await Promise.race(heads.values());
      if (head.next.done === true) heads.delete(head.source);
      else {
        heads.set(head.source, pull(head.source));
        yield { source: head.source, item: head.next.value };
      }
    }
  } finally {
    await Promise.all(iterators.map((iterator) => iterator.return?.()));
  }
}

/** An ended source first, so that it is dropped; else the smallest key. */
function earliest<T>(heads: Head<T>[], key: (item: T) => string): Head<T> {
  const order = (head: Head<T>) => (head.next.done === true ? "" : key(head.next.value));
  return heads.reduce((best, head) => (order(head) < order(best) ? head : best));
}
