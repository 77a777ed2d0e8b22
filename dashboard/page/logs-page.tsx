import { useMemo, useState } from "preact/hooks";
import type { LogEntry } from "../views.ts";
import { hiddenAtFirst, keptHidden, shownLines, withLines } from "./log-buffer.ts";
import { LongTable } from "./long-table.tsx";
import { ProblemNotice } from "./notice.tsx";
import { useNarrow } from "./use-narrow.ts";
import { useStream } from "./use-stream.ts";
import { countText, shortHash } from "./words.ts";

const columns = [
  { name: "time", width: 8.5 },
  { name: "part", width: 7 },
  { name: "line", width: 60 },
];
const narrowColumns = [{ name: "line", width: 60 }];

/** The choice of parts is kept for as long as the tab is there. */
const storedAs = "hidden-parts";

/** What all parts log, as it comes. */
export function LogsPage() {
  const [lines, setLines] = useState<readonly LogEntry[]>([]);
  const [hidden, setHidden] = useState(() => hiddenAtFirst(sessionStorage.getItem(storedAs)));
  const narrow = useNarrow();
  const [text, setText] = useState("");
  const problem = useStream(
    "/api/logs",
    ({ data }) => setLines((known) => withLines(known, data as LogEntry[])),
    () => setLines([]),
  );
  const parts = useMemo(() => [...new Set(lines.map(({ part }) => part))].sort(), [lines]);
  const shown = useMemo(() => shownLines(lines, { hidden, text }), [lines, hidden, text]);
  const turn = (part: string) => {
    const next = new Set(hidden);
    if (!next.delete(part)) next.add(part);
    sessionStorage.setItem(storedAs, keptHidden(next));
    setHidden(next);
  };
  return (
    <>
      <h1>Logs</h1>
      <ProblemNotice error={problem} />
      <div class="controls">
        <label>
          Find <input type="search" value={text} placeholder="part of a line" onInput={(event) => setText(event.currentTarget.value)} />
        </label>
        <fieldset class="choices">
          <legend class="hidden">Parts</legend>
          {parts.map((part) => (
            <label key={part}>
              <input type="checkbox" checked={!hidden.has(part)} onChange={() => turn(part)} /> {part}
            </label>
          ))}
        </fieldset>
        <span class="quiet">{countText(shown.length, "line")}</span>
      </div>
      <LongTable
        label="Log"
        columns={narrow ? narrowColumns : columns}
        count={shown.length}
        followsEnd
        tall={narrow}
        row={(index) => cells(shown[index], narrow)}
      />
    </>
  );
}

function cells(entry: LogEntry | undefined, narrow: boolean) {
  if (entry === undefined) return [];
  const { time, part, kind, line } = entry;
  const when = <time key="time">{time.slice(11, 23)}</time>;
  const said = (
    <span key="line" class={`line ${kind}`} title={line}>
      {kind === "replaced" ? <em class="quiet">replaced by {shortHash(line)}</em> : line}
    </span>
  );
  if (!narrow) return [when, part, said];
  return [
    <>
      <span class="above">
        {when} {part}
      </span>
      {said}
    </>,
  ];
}
