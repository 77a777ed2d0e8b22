import { StructReader } from "../ion/unread-struct.ts";
import { Heap } from "./heap.ts";
import type { Revision } from "./revision.ts";
import { type RevisionSource, StoredRevision, storeRevision } from "./stored-revision.ts";

/** All revisions of one ledger, each at an address. */
export class Revisions {
  readonly heap = new Heap();
  private readonly source: RevisionSource;

  constructor(strandId: string) {
    this.source = { heap: this.heap, reader: new StructReader(), strandId };
  }

  at(address: number): StoredRevision {
    return new StoredRevision(this.source, address);
  }

  /** @param previous address of the document's revision before. @returns the address of the new one */
  add(revision: Revision, previous: number | undefined): number {
    return storeRevision(this.heap, revision, previous);
  }
}
