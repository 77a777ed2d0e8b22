import { totalmem } from "node:os";
import { getHeapStatistics } from "node:v8";
import { LedgerError } from "./transaction/errors.ts";

const units: Record<string, number> = { "": 1, k: 1 << 10, m: 1 << 20, g: 1 << 30 };
/** With less, Node itself and what it has not yet given back leave too little: what is asked at once would take more than the limit. */
const least = 512 << 20;
/** Transactions always have so much, whatever the documents take. */
const leastRoom = 32 << 20;

/**
 * How much memory the process may take.
 * @param setting bytes, with k, m or g behind them; by default what the container, or the machine, has
 * @returns bytes, or what is wrong with the setting
 */
export function memoryLimit(setting: string | undefined): number | { readonly problem: string } {
  const machine = totalmem();
  // Where nothing is constrained, Node tells 0 or more than there is.
  const container = process.constrainedMemory();
  if (setting === undefined || setting === "") return container > 0 ? Math.min(container, machine) : machine;
  const [, digits, unit = ""] = /^(\d{1,12})([kmg]?)$/i.exec(setting) ?? [];
  const bytes = Number(digits) * (units[unit.toLowerCase()] ?? 1);
  if (bytes >= least) return bytes;
  return { problem: `LEDGER_MEMORY is "${setting}": allowed are bytes, or a number with k, m or g behind it, from ${least >> 20}m on` };
}

/** What is left for transactions once all ledgers are open: half of it, as what is read and answered takes memory, too. */
export function roomWithin(limit: number): number {
  const { heap_size_limit: most, used_heap_size: used } = getHeapStatistics();
  return Math.max(leastRoom, Math.min(limit - process.memoryUsage.rss(), most - used) / 2);
}

/** Of the room, what one statement may take; at least so that a document of any size can be changed, and never more than is of use. */
const [shareOfRoom, leastShare, mostShare] = [1 / 4, 16 << 20, 64 << 20];

/** Counts what open transactions hold: what they were sent, and what their statements keep while others have their turn. */
export class Memory {
  /** Bytes that one statement may take. */
  readonly share: number;
  private readonly room: number;
  private held = 0;

  /** @param room in bytes */
  constructor(room: number) {
    this.room = room;
    this.share = Math.min(mostShare, Math.max(leastShare, room * shareOfRoom));
  }

  /** @throws LedgerError CapacityExceededException where there is no room for so many bytes more */
  take(bytes: number): void {
    if (this.held + bytes > this.room)
      throw new LedgerError("CapacityExceededException", "the memory for open transactions is used up, try again");
    this.held += bytes;
  }

  give(bytes: number): void {
    this.held -= bytes;
  }
}
