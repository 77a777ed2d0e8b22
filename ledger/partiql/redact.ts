import { field, type IonValue, textField } from "../ion/value.ts";
import { type Redaction, redactionValue } from "../journal/redaction-value.ts";
import { badRequest } from "../transaction/errors.ts";
import type { Exec } from "./ast.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Writing } from "./dml.ts";
import { evaluationError } from "./errors.ts";
import { Scope } from "./scope.ts";
import { isIon, type Value } from "./values.ts";

/**
 * EXEC redact_revision blockAddress, 'tableId', 'documentId': the data of a revision that is not the latest is replaced by its hash, for
 * ever, once the transaction commits. https://docs.aws.amazon.com/qldb/latest/developerguide/ql-stored-procedures.redact_revision.html
 * @returns one row `{blockAddress, tableId, documentId, version}`
 * @throws LedgerError BadRequestException where there is no such revision, it is the latest, or the transaction redacts one already
 */
export function redact(statement: Exec, writing: Writing): IonValue[] {
  const [address, tableId, documentId] = statement.arguments.map((each) => compileExpression(each, new Scope(), writing)([]));
  const request = {
    sequenceNo: sequenceNoOf(address, statement),
    strandId: textField(ionOf(address), "strandId") ?? "",
    tableId: textOf(tableId, "table id", statement),
    documentId: textOf(documentId, "document id", statement),
  };
  const { view, transaction } = writing;
  if (transaction.redaction !== undefined) throw badRequest("A transaction redacts one revision: use another transaction for the next one");
  if (view.tableById(request.tableId) === undefined) throw badRequest(`Table with id: ${request.tableId} does not exist`);
  const found = view.revisionFor(request.tableId, request.documentId, request.sequenceNo);
  if (found === undefined || found.revision.address.strandId !== request.strandId) {
    throw badRequest(`Block ${request.sequenceNo} of strand ${request.strandId} has no revision of document ${request.documentId}`);
  }
  const { revision, isLatest } = found;
  if (isLatest)
    throw badRequest(`Revision ${revision.version} of document ${request.documentId} is the latest: only others can be redacted`);
  const { tableId: table, documentId: document } = request;
  const redaction: Redaction = { address: revision.address, tableId: table, documentId: document, version: revision.version };
  transaction.redaction = redaction;
  return [redactionValue(redaction)];
}

function ionOf(value: Value | undefined): IonValue | undefined {
  return value !== undefined && isIon(value) ? value : undefined;
}

function sequenceNoOf(address: Value | undefined, { at }: Exec): number {
  const number = field(ionOf(address), "sequenceNo");
  if (number?.type !== "int") throw evaluationError(at, "the block's address has to be a struct {strandId: …, sequenceNo: …}");
  return Number(number.value);
}

function textOf(value: Value | undefined, name: string, { at }: Exec): string {
  if (value?.type !== "string")
    throw evaluationError(at, `the ${name} has to be a string, found a value of type ${value?.type ?? "missing"}`);
  return value.value;
}
