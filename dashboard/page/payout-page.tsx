import { useMemo, useRef, useState } from "preact/hooks";
import type { OperatorsView, PaymentChanges, PaymentRow } from "../views.ts";
import { LongTable } from "./long-table.tsx";
import { Done, ProblemNotice } from "./notice.tsx";
import { hasEnded, type PaymentStateName, selected, stateCounts, withChanges } from "./payments.ts";
import { PayoutActions } from "./payout-actions.tsx";
import { hashOf } from "./places.ts";
import { useStream } from "./use-stream.ts";
import { countText, durationText } from "./words.ts";

export interface PayoutPageProps {
  readonly payout: string;
}

const columns = [
  { name: "to", width: 12 },
  { name: "amount", width: 7 },
  { name: "state", width: 9 },
  { name: "authorized", width: 6.5 },
  { name: "took", width: 6 },
  { name: "document", width: 15 },
];

/** The payments of one payout, as they move. */
export function PayoutPage({ payout }: PayoutPageProps) {
  const [payments, setPayments] = useState<readonly PaymentRow[]>([]);
  const [operators, setOperators] = useState<OperatorsView>([]);
  const [state, setState] = useState<PaymentStateName>();
  const [text, setText] = useState("");
  const [done, setDone] = useState<string>();
  const fresh = useRef(false);
  const problem = useStream(
    `/api/payouts/${encodeURIComponent(payout)}`,
    ({ name, data }) => {
      if (name === "operators") return setOperators(data as OperatorsView);
      const before = fresh.current ? [] : undefined;
      fresh.current = false;
      setPayments((known) => withChanges(before ?? known, data as PaymentChanges));
    },
    () => {
      fresh.current = true;
    },
  );
  const shown = useMemo(() => selected(payments, state, text), [payments, state, text]);
  return (
    <>
      <h1>
        <a href={hashOf({ view: "payouts" })}>Payouts</a> / {payout}
      </h1>
      <ProblemNotice error={problem} />
      <Flow payments={payments} chosen={state} onChoose={setState} />
      <PayoutActions payout={payout} operators={operators} ended={payments.every(hasEnded)} onDone={setDone} />
      <Done text={done} />
      <div class="controls">
        <label>
          Find{" "}
          <input type="search" value={text} placeholder="payee, amount, document" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <span class="quiet" role="status">
          {countText(shown.length, "payment")}
        </span>
      </div>
      <LongTable label={`Payments of ${payout}`} columns={columns} count={shown.length} row={(index) => cells(shown[index])} />
    </>
  );
}

interface FlowProps {
  readonly payments: readonly PaymentRow[];
  readonly chosen: PaymentStateName | undefined;
  onChoose(state: PaymentStateName | undefined): void;
}

/** How many payments are where; a press shows those alone. */
function Flow({ payments, chosen, onChoose }: FlowProps) {
  return (
    <fieldset class="flow">
      <legend class="hidden">Payments by state</legend>
      {stateCounts(payments).map(({ state, count }) => (
        <button
          key={state}
          type="button"
          class={`state-${state}`}
          aria-pressed={chosen === state}
          onClick={() => onChoose(chosen === state ? undefined : state)}
        >
          <span class="count">{count.toLocaleString("en")}</span> <span>{state}</span>
        </button>
      ))}
    </fieldset>
  );
}

function cells(payment: PaymentRow | undefined) {
  if (payment === undefined) return [];
  const { to, amount, state, expected, authorizations, ms, documentId } = payment;
  const wrong = hasEnded(payment) && state !== expected;
  return [
    to,
    amount,
    <span key="state" class={`state state-${state}`}>
      {wrong ? `${state}, should be ${expected}` : state}
    </span>,
    `${authorizations} of 2`,
    ms === undefined ? "" : durationText(ms),
    documentId === undefined ? "" : <code key="document">{documentId}</code>,
  ];
}
