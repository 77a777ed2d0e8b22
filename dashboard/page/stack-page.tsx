import { useEffect, useReducer, useState } from "preact/hooks";
import type { PartView, StackView } from "../views.ts";
import { ProblemNotice } from "./notice.tsx";
import { changing, driftWord, healthClass, healthWord, noteText, troubles } from "./part-words.ts";
import { Picture } from "./picture.tsx";
import { type SwapNote, versionOf, withLook } from "./swap-notes.ts";
import { TableHead } from "./table-head.tsx";
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
  const going = stack === undefined ? [] : changing(notes, stack);
  const problem = useStream("/api/stack", ({ data }) => look({ stack: data as StackView, at: Date.now() }));
  return (
    <>
      <h1>Stack</h1>
      <ProblemNotice error={problem} />
      {stack === undefined ? null : (
        <>
          <Summary stack={stack} notes={notes} going={going.map(({ part }) => part)} now={now} />
          <Picture parts={stack.parts} notes={notes} going={going} now={now} />
          <PartTable parts={stack.parts} now={now} />
          <Notes notes={notes} going={going} parts={stack.parts} now={now} />
        </>
      )}
    </>
  );
}

interface SummaryProps {
  readonly stack: StackView;
  readonly notes: readonly SwapNote[];
  /** Parts that somebody changes now. */
  readonly going: readonly string[];
  readonly now: number;
}

function Summary({ stack, notes, going, now }: SummaryProps) {
  const { healthy, sealed, shares, parts, faults, update, armed } = stack;
  const wrong = troubles(stack, notes);
  const service = parts.find(({ role }) => role === "service");
  return (
    <>
      <p class="hidden" role="status">
        {[healthy ? "healthy" : "not healthy", ...wrong, ...(going.length > 0 ? [`${going.join(", ")} changing`] : [])].join(", ")}
      </p>
      <ul class="summary">
        <li class={healthy ? "good" : "bad"}>{healthy ? "everything runs and answers" : "not everything runs and answers"}</li>
        {wrong.map((text) => (
          <li key={text} class="bad">
            {text}
          </li>
        ))}
        {service?.state === "running" ? <li>{sealed ? `sealed, ${shares} of 2 shares` : "unsealed"}</li> : null}
        {going.length > 0 ? <li class="middling">changing now: {going.join(", ")}</li> : null}
        {update === undefined ? null : (
          <li class="middling">
            an update is going on: process {update.pid} of {update.username}, for {ageText(update.timestamp, now)}
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
        <TableHead columns={["part", "state", "version", "built", "port", "up", "memory"]} />
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

interface NotesProps {
  readonly notes: readonly SwapNote[];
  readonly going: readonly SwapNote[];
  readonly parts: readonly PartView[];
  readonly now: number;
}

function Notes({ notes, going, parts, now }: NotesProps) {
  return (
    <section aria-labelledby="notes">
      <h2 id="notes">Seen since this page was opened</h2>
      {notes.length === 0 ? <p class="quiet">nothing was swapped, restarted or stopped</p> : null}
      <ol class="notes">
        {notes.map((note) => (
          <li key={`${note.part} ${note.began}`}>
            <time dateTime={new Date(note.began).toISOString()}>{clock(note.began)}</time> <strong>{note.part}</strong>{" "}
            {noteText(
              note,
              going.includes(note),
              parts.find(({ role }) => role === note.part),
            )}{" "}
            <span class="quiet">
              {note.ended !== undefined || going.includes(note) ? durationText((note.ended ?? now) - note.began) : ""}
            </span>
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
