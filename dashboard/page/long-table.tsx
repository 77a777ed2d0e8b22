import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { visibleRows } from "./visible.ts";

/** Pixels; style.css has the same. */
const rowHeights = { header: 30, plain: 30, tall: 46 } as const;
/** Room for a bar below the rows. */
const scrollbar = 18;

export interface LongTableProps {
  /** What it is called. */
  readonly label: string;
  readonly columns: readonly Column[];
  readonly count: number;
  /** A row's cells, as many as there are columns. */
  row(index: number): readonly ComponentChildren[];
  /** Keeps the last row in sight until somebody scrolls away from it. */
  readonly followsEnd?: boolean;
  /** Rows have room for two lines of text. */
  readonly tall?: boolean;
}

export interface Column {
  readonly name: string;
  /** In rem: the table is at least as wide as all of them, and what is left is shared in this proportion. */
  readonly width: number;
}

/** A table of any length, of which only the rows that are seen are drawn. */
export function LongTable({ label, columns, count, row, followsEnd = false, tall = false }: LongTableProps) {
  const rowHeight = tall ? rowHeights.tall : rowHeights.plain;
  const box = useRef<HTMLElement>(null);
  const atEnd = useRef(followsEnd);
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  const look = () => {
    const { scrollTop: top = 0, clientHeight: height = 600, scrollHeight = 0 } = box.current ?? {};
    atEnd.current = followsEnd && top + height >= scrollHeight - rowHeight;
    setSeen((before) => (before.top === top && before.height === height ? before : { top, height }));
  };
  useLayoutEffect(() => {
    const observer = new ResizeObserver(look);
    if (box.current !== null) observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (atEnd.current && box.current !== null) box.current.scrollTop = box.current.scrollHeight;
  }, [count, rowHeight]);
  const { from, to } = visibleRows(seen.top, seen.height, rowHeight, count);
  const indexes = Array.from({ length: to - from }, (_, offset) => from + offset);
  const whole = columns.reduce((sum, { width }) => sum + width, 0);
  return (
    <section
      class={tall ? "long tall" : "long"}
      ref={box}
      onScroll={look}
      tabIndex={0}
      aria-label={label}
      style={{ height: `${rowHeights.header + count * rowHeight + scrollbar}px` }}
    >
      <table aria-rowcount={count + 1} style={{ minWidth: `${whole}rem` }}>
        <colgroup>
          {columns.map(({ name, width }) => (
            <col key={name} style={{ width: `${(100 * width) / whole}%` }} />
          ))}
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            {columns.map(({ name }) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          <tr style={{ height: `${from * rowHeight}px` }} />
          {indexes.map((index) => (
            <tr key={index} class="row" aria-rowindex={index + 2}>
              {row(index).map((cell, column) => (
                <td key={columns[column]?.name}>{cell}</td>
              ))}
            </tr>
          ))}
          <tr style={{ height: `${(count - to) * rowHeight}px` }} />
        </tbody>
      </table>
    </section>
  );
}
