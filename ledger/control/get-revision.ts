import { merkleProof } from "../digest/merkle.ts";
import { writeText } from "../ion/text.ts";
import { revisionValue } from "../store/revision.ts";
import { blockAndProof, ledgerNamed, proofHolder, sequenceNoOf } from "./addresses.ts";
import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";

/** POST /ledgers/{name}/revision: `{BlockAddress, DocumentId, DigestTipAddress?}` → `{Revision, Proof?}` */
export async function getRevision({ registry, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const ledger = ledgerNamed(registry, name);
  const sequenceNo = sequenceNoOf(body.BlockAddress, "BlockAddress", ledger);
  const tip = body.DigestTipAddress === undefined ? undefined : sequenceNoOf(body.DigestTipAddress, "DigestTipAddress", ledger);
  const { block, proof } = await blockAndProof(ledger, sequenceNo, tip);
  const index = block.revisions.findIndex(({ metadata }) => metadata.id === body.DocumentId);
  const revision = block.revisions[index];
  if (revision === undefined)
    throw new ControlError("InvalidParameterException", `block ${sequenceNo} has no revision of document ${String(body.DocumentId)}`);
  const answer = { Revision: { IonText: writeText(revisionValue(revision)) } };
  if (proof === undefined) return answer;
  // From the revision to the root of the revisions, over the entries to the block's hash, from there to the digest.
  const way = [
    ...merkleProof(
      block.revisions.map(({ hash }) => hash),
      index,
    ),
    ...merkleProof(block.entriesHashList, 1),
    block.previousBlockHash,
    ...proof,
  ];
  return { ...answer, Proof: proofHolder(way.filter((hash) => hash.length > 0)) };
}
