/** Rows of a long list that are drawn. */
export interface VisibleRows {
  readonly from: number;
  /** The first that is not. */
  readonly to: number;
}

/** Rows above and below what is seen, so that a short movement shows no gap. */
const beyond = 8;

/**
 * Which of many rows of one height are drawn.
 * @param scrollTop and height of what is seen, in pixels
 */
export function visibleRows(scrollTop: number, height: number, rowHeight: number, count: number): VisibleRows {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const shown = Math.ceil(height / rowHeight);
  const from = Math.max(0, Math.min(first - beyond, count));
  return { from, to: Math.min(count, first + shown + beyond) };
}
