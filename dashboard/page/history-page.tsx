import { useEffect, useState } from "preact/hooks";
import type { DocumentView, ProofView } from "../views.ts";
import { type DocumentDifference, differencesOf } from "./difference.ts";
import { bytesOfBase64, type IonNode, ionField, readIon, unsigned } from "./ion-reader.ts";
import { cellWords, ionWords } from "./ion-words.ts";
import { ProblemNotice } from "./notice.tsx";
import { hashOf } from "./places.ts";
import { proofProblemOf } from "./proof.ts";
import { ask, asPageError, type PageError } from "./server.ts";
import { countText } from "./words.ts";

export interface HistoryPageProps {
  readonly table: string;
  readonly id: string;
}

/** What came of the proof of a revision; undefined while it is under way. */
type Verdict = { readonly digestOf: number } | { readonly problem: string };

/** A document's revisions, the newest first, as what each changed; each proved here by the ledger's digest. */
export function HistoryPage({ table, id }: HistoryPageProps) {
  const [revisions, setRevisions] = useState<readonly IonNode[]>([]);
  const [verdicts, setVerdicts] = useState<ReadonlyMap<number, Verdict>>(new Map());
  const [problem, setProblem] = useState<PageError>();
  useEffect(() => {
    const stop = new AbortController();
    const load = async () => {
      const { revisions: sent } = await ask<DocumentView>(`/api/ledger/history?${new URLSearchParams({ table, id })}`, stop.signal);
      const read = sent.map((revision) => readIon(bytesOfBase64(revision)));
      setRevisions(read);
      // The newest first, as they are shown.
      for (const index of [...read.keys()].reverse()) {
        const verdict = await proved(read[index], id, stop.signal);
        setVerdicts((known) => new Map([...known, [index, verdict]]));
      }
    };
    load().catch((error: unknown) => {
      if (!stop.signal.aborted) setProblem(asPageError(error));
    });
    return () => stop.abort();
  }, [table, id]);
  const good = [...verdicts.values()].filter((verdict) => "digestOf" in verdict).length;
  return (
    <>
      <h1>
        <a href={hashOf({ view: "ledger" })}>Ledger</a> / {table} / <code>{id}</code>
      </h1>
      <ProblemNotice error={problem} />
      {revisions.length === 0 ? null : (
        <p role="status">
          {countText(revisions.length, "revision")}, {good} proved in this page
        </p>
      )}
      <ol class="revisions">
        {revisions
          .map((revision, index) => (
            <RevisionShown key={versionIn(revision)} revision={revision} before={revisions[index - 1]} verdict={verdicts.get(index)} />
          ))
          .reverse()}
      </ol>
    </>
  );
}

async function proved(revision: IonNode | undefined, id: string, signal: AbortSignal): Promise<Verdict> {
  const address = ionField(revision, "blockAddress");
  const [strandId, sequenceNo] = ["strandId", "sequenceNo"].map((name) => cellWords(ionField(address, name)));
  if (revision === undefined || strandId === undefined || sequenceNo === undefined) return { problem: "it has no block" };
  try {
    const proof = await ask<ProofView>(`/api/ledger/proof?${new URLSearchParams({ id, strandId, sequenceNo })}`, signal);
    const problem = await proofProblemOf(revision, proof);
    return problem === undefined ? { digestOf: proof.sequenceNo } : { problem };
  } catch (error) {
    return { problem: asPageError(error).message };
  }
}

interface RevisionProps {
  readonly revision: IonNode;
  readonly before: IonNode | undefined;
  readonly verdict: Verdict | undefined;
}

function RevisionShown({ revision, before, verdict }: RevisionProps) {
  const metadata = ionField(revision, "metadata");
  const data = ionField(revision, "data");
  const redacted = ionField(revision, "dataHash") !== undefined;
  return (
    <li>
      <h2>
        Version {versionIn(revision)} <VerdictShown verdict={verdict} />
      </h2>
      <p class="quiet">
        <time>{cellWords(ionField(metadata, "txTime"))}</time>, block{" "}
        {cellWords(ionField(ionField(revision, "blockAddress"), "sequenceNo"))}, transaction{" "}
        <code>{cellWords(ionField(metadata, "txId"))}</code>
      </p>
      {data === undefined ? <p>{redacted ? "its data is redacted" : "the document was deleted"}</p> : null}
      {redacted ? null : <Differences all={differencesOf(ionField(before, "data"), data)} />}
      {data === undefined ? null : (
        <details>
          <summary>Whole document</summary>
          <pre class="document">{ionWords(data)}</pre>
        </details>
      )}
    </li>
  );
}

function VerdictShown({ verdict }: { readonly verdict: Verdict | undefined }) {
  if (verdict === undefined) return <span class="badge quiet">proving…</span>;
  if ("problem" in verdict) return <span class="badge bad">not proved: {verdict.problem}</span>;
  return <span class="badge good">proved by the digest of block {verdict.digestOf}</span>;
}

function Differences({ all }: { readonly all: readonly DocumentDifference[] }) {
  if (all.length === 0) return <p class="quiet">no difference in its data</p>;
  return (
    <dl class="differences">
      {all.map(({ path, before, after }) => (
        <div key={path}>
          <dt>{path === "" ? "document" : path}</dt>
          {before === undefined ? null : (
            <dd>
              <del>{before}</del>
            </dd>
          )}
          {after === undefined ? null : (
            <dd>
              <ins>{after}</ins>
            </dd>
          )}
        </div>
      ))}
    </dl>
  );
}

function versionIn(revision: IonNode): string {
  const version = ionField(ionField(revision, "metadata"), "version");
  return version?.type === "int" ? unsigned(version.bytes).toString() : "?";
}
