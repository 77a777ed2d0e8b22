import type { PartView } from "../views.ts";
import { boxVersion, healthClass, healthWord } from "./part-words.ts";
import { nodeSize, pictureLayout } from "./picture-layout.ts";
import type { SwapNote } from "./swap-notes.ts";
import { useNarrow } from "./use-narrow.ts";
import { ageText, memoryText } from "./words.ts";

export interface PictureProps {
  readonly parts: readonly PartView[];
  readonly notes: readonly SwapNote[];
  /** Those of them that go on. */
  readonly going: readonly SwapNote[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** The stack as a picture; the table below it says the same in words. */
export function Picture({ parts, notes, going, now }: PictureProps) {
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
        const note = notes.find((each) => each.part === part);
        const goesOn = note !== undefined && going.includes(note);
        return view === undefined ? null : <Node key={part} x={x} y={y} part={view} note={note} going={goesOn} now={now} />;
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
  /** It goes on. */
  readonly going: boolean;
  readonly now: number;
}

/** So long after a swap the part still shows what it ran before, in ms. */
const freshMs = 15_000;

function Node({ x, y, part, note, going, now }: NodeProps) {
  const fresh = note?.ended !== undefined && now - note.ended < freshMs;
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
        {boxVersion(part, going || fresh ? note : undefined)}
      </text>
      <text class="quiet" x="12" y="82">
        {facts.filter((fact) => fact !== undefined).join(" · ")}
      </text>
    </g>
  );
}
