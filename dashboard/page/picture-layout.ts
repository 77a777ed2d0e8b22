/** A part in the picture of a stack, in the picture's own units. */
export interface PictureNode {
  readonly part: string;
  readonly x: number;
  readonly y: number;
}

/** Who asks whom. */
export interface PictureLine {
  readonly from: string;
  readonly to: string;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

export interface PictureLayout {
  readonly width: number;
  readonly height: number;
  readonly nodes: readonly PictureNode[];
  readonly lines: readonly PictureLine[];
}

export const nodeSize = { width: 176, height: 92 } as const;
const gap = { x: 52, y: 48 } as const;
const margin = 4;

/** Column and row of each part of ours, where there is room for three beside each other, and where there is not. */
const places = {
  wide: { worker: [0, 0], service: [1, 0], ledger: [2, 0], redis: [0, 1], "key-feeder": [1, 1], localstack: [2, 1] },
  narrow: { ledger: [0, 0], service: [1, 0], worker: [0, 1], localstack: [1, 1], redis: [0, 2], "key-feeder": [1, 2] },
} as const;

const asks = [
  ["worker", "service"],
  ["worker", "redis"],
  ["service", "ledger"],
  ["service", "localstack"],
  ["key-feeder", "redis"],
  ["key-feeder", "localstack"],
] as const;

/** Where parts are drawn. Parts of a team's own come below ours: whom they ask is not known. */
export function pictureLayout(parts: readonly string[], shape: keyof typeof places): PictureLayout {
  const own: Readonly<Record<string, readonly [number, number]>> = places[shape];
  const columns = shape === "wide" ? 3 : 2;
  const narrower = shape === "wide" ? gap.x : gap.x / 2;
  const extras = parts.filter((part) => own[part] === undefined);
  const ownRows = 6 / columns;
  const at = (part: string) => own[part] ?? [extras.indexOf(part) % columns, ownRows + Math.floor(extras.indexOf(part) / columns)];
  const nodes = parts.map((part) => {
    const [column = 0, row = 0] = at(part);
    return { part, x: margin + column * (nodeSize.width + narrower), y: margin + row * (nodeSize.height + gap.y) };
  });
  const lines = asks.flatMap(([from, to]) => {
    const [a, b] = [from, to].map((name) => nodes.find(({ part }) => part === name));
    return a === undefined || b === undefined ? [] : [{ from, to, ...between(a, b) }];
  });
  const rows = ownRows + Math.ceil(extras.length / columns);
  const width = 2 * margin + columns * nodeSize.width + (columns - 1) * narrower;
  return { width, height: 2 * margin + rows * nodeSize.height + (rows - 1) * gap.y, nodes, lines };
}

/** From the edge of one to the edge of the other. */
function between(a: PictureNode, b: PictureNode): Pick<PictureLine, "x1" | "y1" | "x2" | "y2"> {
  const [dx, dy] = [Math.sign(b.x - a.x), Math.sign(b.y - a.y)];
  const edge = ({ x, y }: PictureNode, sideX: number, sideY: number) => ({
    x: x + nodeSize.width / 2 + (sideX * nodeSize.width) / 2,
    y: y + nodeSize.height / 2 + (sideY * nodeSize.height) / 2,
  });
  // Beside each other: from side to side. Else from below to above; of a diagonal only half the width, so that it meets no other line.
  const [from, to] = dy === 0 ? [edge(a, dx, 0), edge(b, -dx, 0)] : [edge(a, dx / 2, dy), edge(b, -dx / 2, -dy)];
  return { x1: from.x, y1: from.y, x2: to.x, y2: to.y };
}
