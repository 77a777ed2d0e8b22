import { field, type IonValue, int, struct, text, textField } from "../ion/value.ts";
import { addressValue, type BlockAddress, number } from "../store/revision.ts";

/** A request to erase the data of one revision for ever. */
export interface Redaction {
  /** Of the block that holds the revision. */
  readonly address: BlockAddress;
  readonly tableId: string;
  readonly documentId: string;
  readonly version: number;
}

/** A redaction as its statement answers it and as the journal keeps it. */
export function redactionValue({ address, tableId, documentId, version }: Redaction): IonValue {
  return struct({ blockAddress: addressValue(address), tableId: text(tableId), documentId: text(documentId), version: int(version) });
}

/** The reverse of redactionValue. */
export function readRedaction(value: IonValue): Redaction {
  const address = field(value, "blockAddress");
  return {
    address: { strandId: textField(address, "strandId") ?? "", sequenceNo: number(field(address, "sequenceNo")) },
    tableId: textField(value, "tableId") ?? "",
    documentId: textField(value, "documentId") ?? "",
    version: number(field(value, "version")),
  };
}
