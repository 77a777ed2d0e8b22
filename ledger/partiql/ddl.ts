import { type IonValue, struct, text } from "../ion/value.ts";
import type { TableDefinition } from "../store/table.ts";
import { badRequest } from "../transaction/errors.ts";
import type { Statement } from "./ast.ts";
import type { Writing } from "./dml.ts";
import { noSuchVariable, semanticError } from "./errors.ts";
import { reservedWords } from "./reserved-words.ts";

/** QLDB's limits: https://docs.aws.amazon.com/qldb/latest/developerguide/limits.html */
const most = { tables: 40, activeTables: 20, indexes: 5, fieldName: 128 };
const tableName = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

type Ddl = Extract<Statement, { kind: "createTable" | "dropTable" | "undropTable" | "createIndex" | "dropIndex" }>;

/** CREATE, DROP and UNDROP of tables and indexes. @returns one row that names the table */
export function define(statement: Ddl, writing: Writing): IonValue[] {
  const definition = defined(statement, writing);
  writing.transaction.define(definition, writing.statement);
  return [struct({ tableId: text(definition.id) })];
}

function defined(statement: Ddl, writing: Writing): TableDefinition {
  switch (statement.kind) {
    case "createTable":
      return create(statement.table.name, writing);
    case "dropTable":
      return { ...active(statement, writing), status: "INACTIVE" };
    case "undropTable":
      return undrop(statement, writing);
    case "createIndex":
      return createIndex(statement, writing);
    case "dropIndex": {
      const table = active(statement, writing);
      const indexes = table.indexes.filter(({ indexId }) => indexId !== statement.indexId);
      if (indexes.length === table.indexes.length)
        throw badRequest(`Index with id: ${statement.indexId} does not exist on USER.${table.name}`);
      return { ...table, indexes };
    }
  }
}

function active({ table: { name, at } }: Ddl, { view }: Writing): TableDefinition {
  const table = view.table(name);
  if (table === undefined) throw noSuchVariable(at, name);
  return table;
}

function create(name: string, { view, newId }: Writing): TableDefinition {
  if (!tableName.test(name))
    throw badRequest(`Table name '${name}' is not valid: letters, digits and underscores, 1 to 128, not beginning with a digit`);
  if (reservedWords.has(name.toUpperCase())) throw badRequest(`Table name '${name}' is not valid: it is a reserved word`);
  if (/^_ql_/i.test(name)) throw badRequest(`Table name '${name}' is not valid: names that begin with _ql_ are the ledger's own`);
  if (view.table(name) !== undefined) throw badRequest(`Table with name: USER.${name} already exists`);
  const all = view.definitions();
  if (all.length >= most.tables) throw badRequest(`Number of tables exceeds the limit of ${most.tables}`);
  refuseTooManyActive(all);
  return { id: newId(), name, status: "ACTIVE", indexes: [] };
}

function refuseTooManyActive(all: readonly TableDefinition[]): void {
  if (all.filter(({ status }) => status === "ACTIVE").length >= most.activeTables) {
    throw badRequest(`Number of active tables exceeds the limit of ${most.activeTables}`);
  }
}

function undrop({ table: { name: id, at } }: Ddl, { view }: Writing): TableDefinition {
  const table = view.tableById(id);
  if (table === undefined) throw noSuchVariable(at, id);
  if (table.status === "ACTIVE") throw badRequest(`Table with id: ${id} is active already`);
  if (view.table(table.name) !== undefined) throw badRequest(`Table with name: USER.${table.name} already exists`);
  refuseTooManyActive(view.definitions());
  return { ...table, status: "ACTIVE" };
}

function createIndex(statement: Extract<Ddl, { kind: "createIndex" }>, writing: Writing): TableDefinition {
  const table = active(statement, writing);
  const { field } = statement;
  if (field.length > most.fieldName)
    throw semanticError(statement.at, `an index is on a field with a name of at most ${most.fieldName} characters, found ${field.length}`);
  if (table.indexes.some((index) => index.field === field)) throw badRequest(`Index on USER.${table.name} (${field}) already exists`);
  if (table.indexes.length >= most.indexes) throw badRequest(`Number of indexes on a table exceeds the limit of ${most.indexes}`);
  if (field === "") throw semanticError(statement.at, "an index is on a field");
  return { ...table, indexes: [...table.indexes, { indexId: writing.newId(), field }] };
}
