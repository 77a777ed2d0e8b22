import { useEffect, useState } from "preact/hooks";
import type { TableView } from "../views.ts";
import { ProblemNotice } from "./notice.tsx";
import { QueryBox } from "./query-box.tsx";
import { ask, asPageError, type PageError } from "./server.ts";
import { documentsStatement } from "./statement.ts";
import { TableHead } from "./table-head.tsx";

/** The ledger's tables, and a box for statements. */
export function LedgerPage() {
  const [tables, setTables] = useState<readonly TableView[]>();
  const [problem, setProblem] = useState<PageError>();
  const [statement, setStatement] = useState("");
  const [wanted, setWanted] = useState(0);
  const load = () => {
    ask<TableView[]>("/api/ledger/tables").then(
      (found) => {
        setTables(found);
        setProblem(undefined);
      },
      (error: unknown) => setProblem(asPageError(error)),
    );
  };
  useEffect(load, []);
  const show = (table: string) => {
    setStatement(documentsStatement(table));
    setWanted((count) => count + 1);
  };
  return (
    <>
      <h1>Ledger</h1>
      <ProblemNotice error={problem} />
      {tables === undefined ? null : <TableList tables={tables} onShow={show} />}
      <QueryBox statement={statement} wanted={wanted} onStatement={setStatement} onChanged={load} />
    </>
  );
}

function TableList({ tables, onShow }: { readonly tables: readonly TableView[]; onShow(table: string): void }) {
  if (tables.length === 0) return <p class="quiet">there are no tables yet: CREATE TABLE T</p>;
  return (
    <section class="wide" tabIndex={0} aria-label="Tables">
      <table>
        <TableHead columns={["table", "documents", "indexes", "id"]} />
        <tbody>
          {tables.map(({ id, name, active, documents, indexes }) => (
            <tr key={id}>
              <th scope="row">
                {active ? (
                  <button type="button" class="link" onClick={() => onShow(name)}>
                    {name}
                  </button>
                ) : (
                  <span class="quiet">{name} (dropped)</span>
                )}
              </th>
              <td>{documents?.toLocaleString("en") ?? ""}</td>
              <td>{indexes.join(", ")}</td>
              <td>
                <code>{id}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
