import { useRef, useState } from "preact/hooks";
import { ProblemNotice } from "./notice.tsx";
import { asPageError, type PageError, post } from "./server.ts";

export interface PayoutActionsProps {
  readonly payout: string;
  readonly operators: readonly number[];
  /** Nothing can happen to it any more. */
  readonly ended: boolean;
  /** Told what was done, in a sentence. */
  onDone(text: string | undefined): void;
}

/** What can be done about a payout. What cannot be taken back is asked for once more. */
export function PayoutActions({ payout, operators, ended, onDone }: PayoutActionsProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<PageError>();
  const dialog = useRef<HTMLDialogElement>(null);
  const act = async (what: string, body: object = {}) => {
    setBusy(true);
    setProblem(undefined);
    onDone(undefined);
    try {
      const { done } = await post<{ done: string }>(`/api/payouts/${encodeURIComponent(payout)}/${what}`, body);
      onDone(done);
    } catch (error) {
      setProblem(asPageError(error));
    } finally {
      setBusy(false);
    }
  };
  const confirmed = () => {
    dialog.current?.close();
    void act("cancel");
  };
  return (
    <>
      <div class="controls">
        {operators.map((operator) => (
          <button key={operator} type="button" disabled={busy || ended} onClick={() => act("authorize", { operator })}>
            Authorize as operator {operator}
          </button>
        ))}
        <button type="button" disabled={busy || ended} onClick={() => act("retry")}>
          Retry
        </button>
        <button type="button" class="danger" disabled={busy || ended} onClick={() => dialog.current?.showModal()}>
          Cancel payout
        </button>
      </div>
      <ProblemNotice error={problem} />
      <dialog ref={dialog} aria-labelledby="cancel-title">
        <h2 id="cancel-title">Cancel payout {payout}?</h2>
        <p>Its messages, orders, answers and authorizations are removed. What the ledger holds of its payments stays.</p>
        <div class="controls">
          <button type="button" class="danger" onClick={confirmed}>
            Cancel payout
          </button>
          <button type="button" onClick={() => dialog.current?.close()}>
            Keep it
          </button>
        </div>
      </dialog>
    </>
  );
}
