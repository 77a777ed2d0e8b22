import { useEffect, useReducer, useState } from "preact/hooks";
import type { PartView, StackView } from "../views.ts";
import { ProblemNotice } from "./notice.tsx";
import { driftWord, healthClass, healthWord, Picture } from "./picture.tsx";
import { type SwapNote, versionOf, withLook } from "./swap-notes.ts";
import { useStream } from "./use-stream.ts";
import { ageText, durationText, memoryText } from "./words.ts";

interface Looked {
  readonly stack: StackView | undefined;
  readonly notes: readonly SwapNote[];
}

function looked({ stack: before, notes }: Looked, { stack, at }: { readonly stack: StackView; readonly at: number }): Looked {
  return { stack, notes: withLook(notes, before, stack, at) };
}

/** The stack as it is now, and what happens to it. */
export function StackPage() {
  const [{ stack, notes }, look] = useReducer(looked, { stack: undefined, notes: [] });
  const now = useNow();
  const problem = useStream("/api/stack", ({ data }) => look({ stack: data as StackView, at: Date.now() }));
  return (
    <>
      <h1>Stack</h1>
      <ProblemNotice error={problem} />
      {stack === undefined ? null : (
        <>
          <Summary stack={stack} notes={notes} now={now} />
          <Picture parts={stack.parts} notes={notes} now={now} />
          <PartTable parts={stack.parts} now={now} />
          <Notes notes={notes} now={now} />
        </>
      )}
    </>
  );
}

function Summary({ stack, notes, now }: { readonly stack: StackView; readonly notes: readonly SwapNote[]; readonly now: number }) {
  const { healthy, sealed, shares, faults, update, armed } = stack;
  const going = notes.filter(({ ended }) => ended === undefined).map(({ part }) => part);
  return (
    <>
      <p class="hidden" role="status">
        {healthy ? "healthy" : "not healthy"}
        {going.length > 0 ? `, ${going.join(", ")} changing` : ""}
      </p>
      <ul class="summary">
        <li class={healthy ? "good" : "bad"}>{healthy ? "everything runs and answers" : "not everything runs and answers"}</li>
        <li>{sealed ? `sealed, ${shares} of 2 shares` : "unsealed"}</li>
        {going.length > 0 ? <li class="middling">changing now: {going.join(", ")}</li> : null}
        {update === undefined ? null : (
          <li>
            an update {armed || going.length === 0 ? "holds the stack" : "is going on"}: process {update.pid} of {update.username}, for{" "}
            {ageText(update.timestamp, now)}
          </li>
        )}
        {armed ? <li>the next swap is kept ready</li> : null}
        {faults.map(({ part, kind, until }) => (
          <li key={part} class="middling">
            fault: {part} {kind}, until {clock(Date.parse(until))}
          </li>
        ))}
      </ul>
    </>
  );
}

function PartTable({ parts, now }: { readonly parts: readonly PartView[]; readonly now: number }) {
  return (
    <section class="wide" tabIndex={0} aria-label="Parts">
      <table>
        <thead>
          <tr>
            {["part", "state", "version", "built", "port", "up", "memory"].map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {parts.map((part) => (
            <tr key={part.role}>
              <th scope="row">{part.role}</th>
              <td class={healthClass(part)}>{healthWord(part)}</td>
              <td>
                <code>{versionOf(part)}</code> {driftWord(part)}
              </td>
              <td>{part.builtAt?.slice(0, 19).replace("T", " ")}</td>
              <td>{part.ports.join(" ")}</td>
              <td>{part.startedAt === undefined ? "" : ageText(part.startedAt, now)}</td>
              <td class="number">{part.memory === undefined ? "" : memoryText(part.memory)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Notes({ notes, now }: { readonly notes: readonly SwapNote[]; readonly now: number }) {
  return (
    <section aria-labelledby="notes">
      <h2 id="notes">Seen since this page was opened</h2>
      {notes.length === 0 ? <p class="quiet">nothing was swapped, restarted or stopped</p> : null}
      <ol class="notes">
        {notes.map(({ part, from, to, replaced, began, ended }) => (
          <li key={`${part} ${began}`}>
            <time dateTime={new Date(began).toISOString()}>{clock(began)}</time> <strong>{part}</strong>{" "}
            {to !== undefined && to === from ? `${from} ${replaced ? "in another container" : "anew"}` : `${from} → ${to ?? "…"}`}{" "}
            <span class="quiet">{durationText((ended ?? now) - began)}</span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function clock(time: number): string {
  return new Date(time).toLocaleTimeString("en-GB");
}

/** The time, every second. */
function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
