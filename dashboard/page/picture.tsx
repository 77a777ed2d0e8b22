import { useEffect, useState } from "preact/hooks";
import type { PartView } from "../views.ts";
import { nodeSize, pictureLayout } from "./picture-layout.ts";
import { isSettled, type SwapNote, versionOf } from "./swap-notes.ts";
import { ageText, memoryText, shortHash } from "./words.ts";

export interface PictureProps {
  readonly parts: readonly PartView[];
  readonly notes: readonly SwapNote[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The stack as a picture; the table below it says the same in words. */
export function Picture({ parts, notes, now }: PictureProps) {
  const shape = useNarrow() ? "narrow" : "wide";
  const { width, height, nodes, lines } = pictureLayout(
    parts.map(({ role }) => role),
    shape,
  );
  return (
    <svg class={`picture ${shape}`} viewBox={`0 0 ${width} ${height}`} role="img" aria-label="The parts of the stack, and who asks whom">
      <defs>
        <marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
          <path class="tip" d="M0 0 8 4 0 8z" />
        </marker>
      </defs>
      {lines.map(({ from, to, ...ends }) => (
        <line key={`${from} ${to}`} class="asks" {...ends} marker-end="url(#tip)" />
      ))}
      {nodes.map(({ part, x, y }) => {
        const view = parts.find(({ role }) => role === part);
        return view === undefined ? null : (
          <Node key={part} x={x} y={y} part={view} note={notes.find((note) => note.part === part)} now={now} />
        );
      })}
    </svg>
  );
}

interface NodeProps {
  readonly x: number;
  readonly y: number;
  readonly part: PartView;
  /** The last that happened to it. */
  readonly note: SwapNote | undefined;
  readonly now: number;
}

/** So long after a swap the part still shows what it ran before, in ms. */
const freshMs = 15_000;

function Node({ x, y, part, note, now }: NodeProps) {
  const going = note !== undefined && note.ended === undefined;
  const fresh = note?.ended !== undefined && now - note.ended < freshMs;
  const version = going
    ? `${note.from} → …`
    : fresh && note.to !== note.from
      ? `${note.from.slice(0, 8)} → ${note.to?.slice(0, 8)}`
      : versionOf(part);
  const facts = [
    part.startedAt === undefined ? undefined : ageText(part.startedAt, now),
    part.memory === undefined ? undefined : memoryText(part.memory),
  ];
  return (
    <g transform={`translate(${x} ${y})`} class={`node ${healthClass(part)}${going ? " going" : fresh ? " fresh" : ""}`}>
      <rect {...nodeSize} rx="8" />
      <circle cx="16" cy="21" r="5" />
      <text class="title" x="28" y="26">
        {part.role}
      </text>
      <text x="12" y="47">
        {healthWord(part)}
      </text>
      <text class="version" x="12" y="65">
        {version.length > 24 ? `${version.slice(0, 23)}…` : version}
      </text>
      <text class="quiet" x="12" y="82">
        {facts.filter((fact) => fact !== undefined).join(" · ")}
      </text>
    </g>
  );
}

/** What a part does, in a few words. */
export function healthWord({ state, health, exitCode, restarts }: PartView): string {
  const again = restarts > 0 ? `, ${restarts} restart${restarts === 1 ? "" : "s"}` : "";
  if (state === "running") return `${health ?? "running"}${again}`;
  return `${state}${exitCode === undefined || state === "missing" ? "" : ` (${exitCode})`}${again}`;
}

/** "good", "middling" or "bad". */
export function healthClass(part: PartView): string {
  if (isSettled(part)) return "good";
  return part.state === "running" && part.health !== "unhealthy" ? "middling" : "bad";
}

/** What it runs in place of what is declared; undefined where it is as declared. */
export function driftWord({ sha256, running, live }: PartView): string | undefined {
  if (sha256 === undefined || running === undefined || running.sha256 === sha256) return undefined;
  return `${live === running.sha256 ? "live; " : ""}declared is ${shortHash(sha256)}`;
}

/** True where there is no room for three parts beside each other. */
function useNarrow(): boolean {
  const [query] = useState(() => matchMedia("(max-width: 660px)"));
  const [narrow, setNarrow] = useState(query.matches);
  useEffect(() => {
    const onChange = () => setNarrow(query.matches);
    query.addEventListener("change", onChange);
    return () => query.removeEventListener("change", onChange);
  }, [query]);
  return narrow;
}
