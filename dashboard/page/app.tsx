import { useEffect, useState } from "preact/hooks";
import type { AboutView } from "../views.ts";
import { HistoryPage } from "./history-page.tsx";
import { LedgerPage } from "./ledger-page.tsx";
import { LogsPage } from "./logs-page.tsx";
import { ProblemNotice } from "./notice.tsx";
import { PayoutPage } from "./payout-page.tsx";
import { PayoutsPage } from "./payouts-page.tsx";
import { hashOf, type Place, placeAt } from "./places.ts";
import { ask, asPageError, type PageError } from "./server.ts";
import { StackPage } from "./stack-page.tsx";

type TopView = "stack" | "payouts" | "ledger" | "logs";

const titles: Readonly<Record<TopView, string>> = { stack: "Stack", payouts: "Payouts", ledger: "Ledger", logs: "Logs" };

export interface AppProps {
  /** The view that is shown where the address names none: known before anything is asked. */
  readonly first: "stack" | "ledger";
}

/** The whole page. */
export function App({ first }: AppProps) {
  const [about, setAbout] = useState<AboutView>();
  const [problem, setProblem] = useState<PageError>();
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onHash = () => setHash(location.hash);
    addEventListener("hashchange", onHash);
    const stop = new AbortController();
    void askUntilAnswered(stop.signal, setAbout, setProblem);
    return () => {
      stop.abort();
      removeEventListener("hashchange", onHash);
    };
  }, []);
  const views = about === undefined ? [] : viewsOf(about);
  const place = placeAt(hash) ?? { view: first };
  const name = about?.stack ?? about?.ledger ?? "";
  useEffect(() => {
    document.title = name === "" ? "nitro" : `${name} · nitro`;
  }, [name]);
  return (
    <>
      <header class="bar">
        <span class="brand">nitro</span>
        <span class="name">{name}</span>
        <nav aria-label="Views">
          {views.map((view) => (
            <a key={view} href={hashOf({ view })} aria-current={topOf(place) === view ? "page" : undefined}>
              {titles[view]}
            </a>
          ))}
        </nav>
      </header>
      <main>
        <ProblemNotice error={problem} />
        {problem === undefined ? <Shown place={place} /> : null}
      </main>
    </>
  );
}

/** Between two tries, in ms. */
const againMs = 2_000;

async function askUntilAnswered(signal: AbortSignal, onAbout: (about: AboutView) => void, onProblem: (error?: PageError) => void) {
  while (!signal.aborted) {
    try {
      onAbout(await ask<AboutView>("/api/about", signal));
      return onProblem(undefined);
    } catch (error) {
      onProblem(asPageError(error));
      await new Promise((resolve) => setTimeout(resolve, againMs));
    }
  }
}

function viewsOf({ stack, ledger }: AboutView): TopView[] {
  const ofStack: TopView[] = stack === undefined ? [] : ["stack", "payouts"];
  const ofLedger: TopView[] = ledger === undefined ? [] : ["ledger"];
  return [...ofStack, ...ofLedger, ...(stack === undefined ? [] : (["logs"] as const))];
}

function topOf({ view }: Place): TopView {
  if (view === "payout") return "payouts";
  return view === "history" ? "ledger" : view;
}

function Shown({ place }: { readonly place: Place }) {
  if (place.view === "payouts") return <PayoutsPage />;
  if (place.view === "payout") return <PayoutPage key={place.payout} payout={place.payout} />;
  if (place.view === "ledger") return <LedgerPage />;
  if (place.view === "history") return <HistoryPage key={`${place.table}/${place.id}`} table={place.table} id={place.id} />;
  return place.view === "logs" ? <LogsPage /> : <StackPage />;
}
