import { Heap } from "./heap.ts";
import type { Revision } from "./revision.ts";
import { StoredRevision, storeRevision } from "./stored-revision.ts";

/** All revisions of one ledger, each at an address. */
export class Revisions {
  readonly heap = new Heap();
  private readonly strandId: string;

  constructor(strandId: string) {
    this.strandId = strandId;
  }

  at(address: number): StoredRevision {
    return new StoredRevision(this.heap, address, this.strandId);
  }

  /** @param previous address of the document's revision before. @returns the address of the new one */
  add(revision: Revision, previous: number | undefined): number {
    return storeRevision(this.heap, revision, previous);
  }
}
