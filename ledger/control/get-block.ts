import { writeText } from "../ion/text.ts";
import { blockAndProof, ledgerNamed, proofHolder, sequenceNoOf } from "./addresses.ts";
import type { ControlRequest } from "./request.ts";
import { shownBlock } from "./shown-block.ts";

/** POST /ledgers/{name}/block: `{BlockAddress, DigestTipAddress?}` → `{Block, Proof?}` */
export async function getBlock({ registry, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const ledger = ledgerNamed(registry, name);
  const sequenceNo = sequenceNoOf(body.BlockAddress, "BlockAddress", ledger);
  const tip = body.DigestTipAddress === undefined ? undefined : sequenceNoOf(body.DigestTipAddress, "DigestTipAddress", ledger);
  const { block, proof } = await blockAndProof(ledger, sequenceNo, tip);
  return { Block: { IonText: writeText(shownBlock(block)) }, Proof: proof && proofHolder(proof) };
}
