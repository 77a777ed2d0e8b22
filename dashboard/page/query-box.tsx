import { useEffect, useRef, useState } from "preact/hooks";
import type { PlanView, QueryView } from "../views.ts";
import { bytesOfBase64, type IonNode, readIon } from "./ion-reader.ts";
import { QueryRows } from "./query-rows.tsx";
import { asPageError, type PageError, post } from "./server.ts";
import { errorPlace, parametersOf } from "./statement.ts";
import { countText, durationText } from "./words.ts";

export interface QueryBoxProps {
  readonly statement: string;
  /** Runs the statement whenever it grows. */
  readonly wanted: number;
  onStatement(statement: string): void;
  /** Called after a statement that may have changed something. */
  onChanged(): void;
}

type Answer =
  | { readonly kind: "rows"; readonly statement: string; readonly rows: readonly IonNode[]; readonly view: QueryView }
  | { readonly kind: "plan"; readonly plan: readonly PlanView[] }
  | { readonly kind: "error"; readonly statement: string; readonly error: PageError };

/** A box for PartiQL, and what came of it. */
export function QueryBox({ statement, wanted, onStatement, onChanged }: QueryBoxProps) {
  const [parameters, setParameters] = useState("");
  const [answer, setAnswer] = useState<Answer>();
  const [busy, setBusy] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const act = async (work: () => Promise<Answer>) => {
    setBusy(true);
    try {
      setAnswer(await work());
    } catch (error) {
      const problem = asPageError(error);
      setAnswer({ kind: "error", statement, error: problem });
      const place = errorPlace(statement, problem.message);
      if (place !== undefined) box.current?.setSelectionRange(place.at, place.at + 1);
      box.current?.focus();
    } finally {
      setBusy(false);
    }
  };
  const run = () =>
    act(async () => {
      const view = await post<QueryView>("/api/ledger/query", { statement, parameters: parametersOf(parameters) });
      if (!/^\s*select\b/i.test(statement)) onChanged();
      return { kind: "rows", statement, rows: view.rows.map((row) => readIon(bytesOfBase64(row))), view };
    });
  const explain = () =>
    act(async () => ({ kind: "plan", plan: (await post<{ plan: PlanView[] }>("/api/ledger/explain", { statement })).plan }));
  useEffect(() => {
    if (wanted > 0) void run();
  }, [wanted]);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void run();
  };
  return (
    <>
      <h2 id="statement">Statement</h2>
      <textarea
        ref={box}
        rows={4}
        spellcheck={false}
        aria-labelledby="statement"
        aria-invalid={answer?.kind === "error"}
        aria-errormessage="statement-error"
        value={statement}
        placeholder="SELECT * FROM T WHERE field = ?"
        onInput={(event) => onStatement(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <details>
        <summary>Parameters</summary>
        <textarea
          rows={2}
          spellcheck={false}
          aria-label="Parameters: for each ? one Ion value, a line each"
          value={parameters}
          placeholder={'"text", 12 or {a: 1}: one a line, for each ?'}
          onInput={(event) => setParameters(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </details>
      <div class="controls">
        <button type="button" class="first" disabled={busy || statement.trim() === ""} onClick={run}>
          Run
        </button>
        <button type="button" disabled={busy || statement.trim() === ""} onClick={explain}>
          Explain
        </button>
        <span class="quiet">Ctrl+Enter runs it. Changes are committed.</span>
      </div>
      <AnswerShown answer={answer} />
    </>
  );
}

function AnswerShown({ answer }: { readonly answer: Answer | undefined }) {
  if (answer === undefined) return null;
  if (answer.kind === "error") return <ErrorShown statement={answer.statement} error={answer.error} />;
  if (answer.kind === "plan") return <PlanShown plan={answer.plan} />;
  const { statement, rows, view } = answer;
  const first = view.total > rows.length ? `, the first ${rows.length.toLocaleString("en")} of which are here` : "";
  return (
    <>
      <p role="status" class="quiet">
        {countText(view.total, "row")}
        {first}, {durationText(view.took)}
      </p>
      {rows.length === 0 ? null : <QueryRows statement={statement} rows={rows} />}
    </>
  );
}

function ErrorShown({ statement, error }: { readonly statement: string; readonly error: PageError }) {
  const place = errorPlace(statement, error.message);
  return (
    <div id="statement-error" class="notice bad" role="alert">
      <p>{error.message}</p>
      {place === undefined ? null : (
        <pre>
          {place.line[0]}
          <mark>{place.line[1] || " "}</mark>
          {place.line[2]}
        </pre>
      )}
      {error.hint === undefined ? null : <p class="hint">{error.hint}</p>}
    </div>
  );
}

function PlanShown({ plan }: { readonly plan: readonly PlanView[] }) {
  if (plan.length === 0) return <p role="status">it looks for no documents</p>;
  return (
    <ol class="plan" aria-label="How the statement finds its rows">
      {plan.map(({ source, access }) => (
        <li key={source}>
          <strong>{source}</strong>{" "}
          <span class={access === "scan" ? "middling" : "good"}>{access === "scan" ? "scan: every document" : access}</span>
        </li>
      ))}
    </ol>
  );
}
