import { useState } from "preact/hooks";
import type { PayoutRow } from "../views.ts";
import { LongTable } from "./long-table.tsx";
import { ProblemNotice } from "./notice.tsx";
import { hashOf } from "./places.ts";
import { useStream } from "./use-stream.ts";
import { countText } from "./words.ts";

const columns = [
  { name: "payout", width: 15 },
  { name: "payments", width: 6 },
  { name: "prepared", width: 6 },
  { name: "paid", width: 5 },
  { name: "failed", width: 5 },
  { name: "worker", width: 12 },
];

/** All payouts, the newest first. */
export function PayoutsPage() {
  const [payouts, setPayouts] = useState<readonly PayoutRow[]>();
  const problem = useStream("/api/payouts", ({ data }) => setPayouts((data as PayoutRow[]).toReversed()));
  return (
    <>
      <h1>Payouts</h1>
      <ProblemNotice error={problem} />
      {payouts === undefined ? null : (
        <p class="quiet">{payouts.length === 0 ? "none yet: ./nitro pay" : countText(payouts.length, "payout")}</p>
      )}
      {payouts === undefined || payouts.length === 0 ? null : (
        <LongTable label="Payouts" columns={columns} count={payouts.length} row={(index) => cells(payouts[index])} />
      )}
    </>
  );
}

function cells(payout: PayoutRow | undefined) {
  if (payout === undefined) return [];
  const { payoutId, payments, prepared, paid, failed, worker, behind } = payout;
  return [
    <a key="id" href={hashOf({ view: "payout", payout: payoutId })}>
      {payoutId}
    </a>,
    ...[payments, prepared, paid].map((count) => count.toLocaleString("en")),
    failed === 0 ? "0" : <span class="bad">{failed.toLocaleString("en")}</span>,
    behind === undefined ? worker : `${worker} behind ${behind}`,
  ];
}
