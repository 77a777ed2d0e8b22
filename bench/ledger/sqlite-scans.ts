import { DatabaseSync } from "node:sqlite";
import { jsonDocument, scanDocument } from "./scan-documents.ts";

const field = (name: string) => `json_extract(document, '$.${name}')`;

/** Documents as JSON in a table of SQLite. */
export class SqliteDocuments {
  private readonly database: DatabaseSync;

  /** @param path of a new file. @param documents how many it gets */
  constructor(path: string, documents: number) {
    this.database = new DatabaseSync(path);
    this.database.exec("CREATE TABLE payments (id TEXT PRIMARY KEY, document TEXT NOT NULL)");
    this.database.exec("BEGIN");
    const insert = this.database.prepare("INSERT INTO payments (id, document) VALUES (?, ?)");
    for (let number = 0; number < documents; number++) {
      const document = scanDocument(number);
      insert.run(document.id, jsonDocument(document));
    }
    this.database.exec("COMMIT");
  }

  count(): number {
    return Number(this.rows("SELECT COUNT(*) AS answer FROM payments")[0]);
  }

  filter(state: string, currency: string): readonly unknown[] {
    return this.rows(
      `SELECT ${field("id")} AS answer FROM payments WHERE ${field("state")} = ? AND ${field("currency")} = ?`,
      state,
      currency,
    );
  }

  sum(): number {
    return Number(this.rows(`SELECT SUM(${field("amount")}) AS answer FROM payments`)[0]);
  }

  like(pattern: string): readonly unknown[] {
    return this.rows(`SELECT ${field("id")} AS answer FROM payments WHERE ${field("note")} LIKE ?`, pattern);
  }

  close(): void {
    this.database.close();
  }

  private rows(statement: string, ...parameters: string[]): readonly unknown[] {
    return this.database
      .prepare(statement)
      .all(...parameters)
      .map(({ answer }) => answer);
  }
}
