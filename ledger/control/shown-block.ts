import { blob, type IonValue, struct } from "../ion/value.ts";
import { type Block, blockValue } from "../journal/block.ts";
import { catalogId } from "../store/catalog.ts";
import { revisionValue } from "../store/revision.ts";

/** A block as QLDB shows it. Revisions of table definitions are the ledger's own: of them there is no more than the hash. */
export function shownBlock(block: Block): IonValue {
  return blockValue(block, (revision) =>
    block.info.documents.get(revision.metadata.id)?.tableId === catalogId ? struct({ hash: blob(revision.hash) }) : revisionValue(revision),
  );
}
