import { writeText } from "../ion/text.ts";
import { addressValue } from "../store/revision.ts";
import { ledgerNamed } from "./addresses.ts";
import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";

/** POST /ledgers/{name}/digest → `{Digest, DigestTipAddress}` */
export function getDigest({ registry, path: [name = ""] }: ControlRequest): unknown {
  const ledger = ledgerNamed(registry, name);
  const { strandId, sequenceNo } = ledger.store;
  if (sequenceNo < 0) throw new ControlError("ResourcePreconditionNotMetException", `Ledger ${name} has no block yet`);
  return {
    Digest: ledger.store.blocks.root().toString("base64"),
    DigestTipAddress: { IonText: writeText(addressValue({ strandId, sequenceNo })) },
  };
}
