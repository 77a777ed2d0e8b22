import { writeText } from "../ion/text.ts";
import { blob, type IonValue, struct } from "../ion/value.ts";
import { type Block, blockValue } from "../journal/block.ts";
import { catalogId } from "../store/catalog.ts";
import { revisionValue } from "../store/revision.ts";
import { blockAndProof, ledgerNamed, proofHolder, sequenceNoOf } from "./addresses.ts";
import type { ControlRequest } from "./router.ts";

/** POST /ledgers/{name}/block: `{BlockAddress, DigestTipAddress?}` → `{Block, Proof?}` */
export async function getBlock({ registry, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const ledger = ledgerNamed(registry, name);
  const sequenceNo = sequenceNoOf(body.BlockAddress, "BlockAddress", ledger);
  const tip = body.DigestTipAddress === undefined ? undefined : sequenceNoOf(body.DigestTipAddress, "DigestTipAddress", ledger);
  const { block, proof } = await blockAndProof(ledger, sequenceNo, tip);
  return { Block: { IonText: writeText(shownBlock(block)) }, ...(proof === undefined ? {} : { Proof: proofHolder(proof) }) };
}

/** A block as QLDB shows it. Revisions of table definitions are the ledger's own: of them there is no more than the hash. */
export function shownBlock(block: Block): IonValue {
  return blockValue(block, (revision) =>
    block.info.documents.get(revision.metadata.id)?.tableId === catalogId ? struct({ hash: blob(revision.hash) }) : revisionValue(revision),
  );
}
