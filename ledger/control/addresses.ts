import { IonError } from "../ion/errors.ts";
import { readText, writeText } from "../ion/text.ts";
import { blob, field, list, textField } from "../ion/value.ts";
import type { Block } from "../journal/block.ts";
import type { Ledger } from "../ledger.ts";
import { ControlError } from "./errors.ts";
import type { Registry } from "./registry.ts";

/** @throws ControlError ResourceNotFoundException */
export function ledgerNamed(registry: Registry, name: string): Ledger {
  const ledger = registry.ledger(name);
  if (ledger === undefined) throw new ControlError("ResourceNotFoundException", `Ledger with name ${name} does not exist`);
  return ledger;
}

/** The number in an address `{IonText: "{strandId: …, sequenceNo: …}"}` of this ledger. @throws ControlError */
export function sequenceNoOf(holder: unknown, name: string, ledger: Ledger): number {
  const text = typeof holder === "object" && holder !== null ? Reflect.get(holder, "IonText") : undefined;
  if (typeof text !== "string") throw new ControlError("InvalidParameterException", `${name} needs an IonText`);
  try {
    const address = readText(text);
    const number = field(address, "sequenceNo");
    if (number?.type !== "int" || textField(address, "strandId") === undefined)
      throw new ControlError("InvalidParameterException", `${name} is no block address: ${text}`);
    const sequenceNo = Number(number.value);
    if (textField(address, "strandId") !== ledger.store.strandId || sequenceNo < 0 || sequenceNo > ledger.store.sequenceNo) {
      throw new ControlError("InvalidParameterException", `${name} ${text} is not in this ledger's journal`);
    }
    return sequenceNo;
  } catch (error) {
    if (error instanceof IonError) throw new ControlError("InvalidParameterException", `${name} is not Ion: ${error.message}`);
    throw error;
  }
}

/** The block, and the way from its hash to the digest of the tip. @param tip undefined: no proof was asked for */
export async function blockAndProof(
  ledger: Ledger,
  sequenceNo: number,
  tip: number | undefined,
): Promise<{ block: Block; proof: Buffer[] | undefined }> {
  const block = await ledger.block(sequenceNo);
  if (block === undefined) throw new ControlError("InvalidParameterException", `there is no block ${sequenceNo}`);
  if (tip === undefined) return { block, proof: undefined };
  if (tip < sequenceNo) throw new ControlError("InvalidParameterException", "the digest's tip lies before the block");
  return { block, proof: ledger.store.blocks.proof(sequenceNo, tip + 1) };
}

/** A proof as the API shows it: an Ion list of hashes. */
export function proofHolder(proof: readonly Buffer[]): { IonText: string } {
  return { IonText: writeText(list(proof.map(blob))) };
}
