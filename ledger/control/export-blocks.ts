import { setImmediate as othersTurn } from "node:timers/promises";
import type { Block } from "../journal/block.ts";
import type { Ledger } from "../ledger.ts";
import { TimeSlices } from "../time-slices.ts";

/** The blocks of a ledger from one time on and before another (ms since 1970), one after the other from disk. */
export async function* blocksBetween(ledger: Ledger, start: number, end: number): AsyncGenerator<Block> {
  const slices = new TimeSlices(() => performance.now());
  for (let sequenceNo = await firstFrom(ledger, start); sequenceNo <= ledger.store.sequenceNo; ) {
    const some = await ledger.blocksFrom(sequenceNo);
    if (some.length === 0) throw new Error(`the journal has no block ${sequenceNo}`);
    for (const make of some) {
      const block = make();
      if (block.timestamp >= end) return;
      yield block;
      sequenceNo++;
      if (slices.tick()) await othersTurn();
    }
  }
}

/** The number of the first block that is not before a time: time in a journal never runs backwards. */
async function firstFrom(ledger: Ledger, start: number): Promise<number> {
  let [low, high] = [0, ledger.store.sequenceNo + 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if ((await blockAt(ledger, middle)).timestamp < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

async function blockAt(ledger: Ledger, sequenceNo: number): Promise<Block> {
  const block = await ledger.block(sequenceNo);
  if (block === undefined) throw new Error(`the journal has no block ${sequenceNo}`);
  return block;
}
