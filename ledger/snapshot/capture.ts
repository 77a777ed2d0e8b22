import type { MerkleTree } from "../digest/merkle-tree.ts";
import type { Offsets } from "../journal/offsets.ts";
import { Store } from "../store/store.ts";
import { numberRecords, numbersIn } from "./numbers.ts";

/** What a snapshot begins with; the counts tell which records follow. */
export interface Head {
  readonly strandId: string;
  /** How many blocks it holds. */
  readonly blocks: number;
  /** Where the journal goes on behind them. */
  readonly journalEnd: number;
  /** Time of the last block, milliseconds since 1970. */
  readonly lastCommit: number;
  readonly heapSize: number;
  /** Numbers of documents, deleted ones too, by table; a table is named by the address of its definition. */
  readonly tables: readonly { readonly definition: number; readonly documents: number }[];
}

/** A ledger's state at one moment: nothing of it changes while it is written, whatever is committed meanwhile. */
export interface Captured {
  readonly head: Head;
  /** The content of the records that follow the head. */
  readonly records: () => Generator<Buffer>;
}

/** What a snapshot gives back. */
export interface Loaded {
  readonly store: Store;
  readonly lastCommit: number;
  readonly journalEnd: number;
}

/** Takes hold of the present state. It copies an address a document; the rest only ever grows. */
export function capture(store: Store, offsets: Offsets, journalEnd: number, lastCommit: number): Captured {
  const tables = [...store.tables].map(([id, { live, deleted }]) => {
    const addresses = new Float64Array(live.size + deleted.size);
    let at = 0;
    for (const each of live.values()) addresses[at++] = each;
    for (const each of deleted.values()) addresses[at++] = each;
    return { definition: store.definitions.get(id) ?? -1, addresses };
  });
  const blocks = store.blocks.size;
  const head: Head = {
    ...{ strandId: store.strandId, blocks, journalEnd, lastCommit, heapSize: store.revisions.heap.size },
    tables: tables.map(({ definition, addresses }) => ({ definition, documents: addresses.length })),
  };
  return {
    head,
    *records() {
      yield* store.revisions.heap.bytes(head.heapSize);
      for (const { addresses } of tables) yield* numberRecords(addresses);
      for (let level = 0; leavesOf(blocks, level) > 0; level++) yield* store.blocks.level(level).bytes(leavesOf(blocks, level));
      yield* numberRecords(Float64Array.from({ length: blocks }, (_, index) => offsets.at(index) ?? -1));
    },
  };
}

/** How many whole groups of 2^level blocks there are. */
function leavesOf(blocks: number, level: number): number {
  return Math.floor(blocks / 2 ** level);
}

/**
 * Rebuilds the state from a snapshot's records.
 * @param next gives the content of the next record
 * @param offsets filled with the places of all blocks
 */
export async function restore(head: Head, next: () => Promise<Buffer>, offsets: Offsets): Promise<Loaded> {
  const store = new Store(head.strandId);
  const { heap } = store.revisions;
  while (heap.size < head.heapSize) heap.load(await next());
  for (const { definition, documents } of head.tables) await store.loadTable(definition).load(numbers(documents, next));
  await restoreTree(store.blocks, head.blocks, next);
  for await (const batch of numbers(head.blocks, next)) for (const offset of batch) offsets.push(offset);
  return { store, lastCommit: head.lastCommit, journalEnd: head.journalEnd };
}

/** So many numbers, record by record. */
async function* numbers(count: number, next: () => Promise<Buffer>): AsyncGenerator<Float64Array> {
  for (let left = count; left > 0; ) {
    const batch = numbersIn(await next());
    left -= batch.length;
    yield batch;
  }
}

async function restoreTree(tree: MerkleTree, blocks: number, next: () => Promise<Buffer>): Promise<void> {
  for (let level = 0; leavesOf(blocks, level) > 0; level++) {
    const list = tree.level(level);
    while (list.length < leavesOf(blocks, level)) list.load(await next());
  }
}
