import { describe, expect, test } from "vitest";
import { nodeSize, type PictureLine, type PictureNode, pictureLayout } from "../../../dashboard/page/picture-layout.ts";
import { roles } from "../../../model/names.ts";

const extras = ["postgres", "mailbox", "clock"];
const shapes = ["wide", "narrow"] as const;

function overlap(a: PictureNode, b: PictureNode): boolean {
  return Math.abs(a.x - b.x) < nodeSize.width && Math.abs(a.y - b.y) < nodeSize.height;
}

/** Whether a line goes through a part's box, away from its edge. */
function crosses({ x1, y1, x2, y2 }: PictureLine, { x, y }: PictureNode): boolean {
  const points = Array.from({ length: 101 }, (_, n) => [x1 + ((x2 - x1) * n) / 100, y1 + ((y2 - y1) * n) / 100] as const);
  return points.some(([px, py]) => px > x + 1 && px < x + nodeSize.width - 1 && py > y + 1 && py < y + nodeSize.height - 1);
}

describe.each(shapes)("the picture, %s", (shape) => {
  const layout = pictureLayout([...roles, ...extras], shape);

  test("has every part once, within its bounds, and none over another", () => {
    expect(layout.nodes.map(({ part }) => part)).toEqual([...roles, ...extras]);
    for (const [index, node] of layout.nodes.entries()) {
      expect(node.x + nodeSize.width).toBeLessThanOrEqual(layout.width);
      expect(node.y + nodeSize.height).toBeLessThanOrEqual(layout.height);
      expect(layout.nodes.slice(index + 1).filter((other) => overlap(node, other))).toEqual([]);
    }
  });

  test("has lines that go through no part", () => {
    expect(layout.lines).toHaveLength(6);
    for (const line of layout.lines) expect(layout.nodes.filter((node) => crosses(line, node))).toEqual([]);
  });

  test("goes without the ledger where that is at AWS", () => {
    const { lines } = pictureLayout(
      roles.filter((role) => role !== "ledger"),
      shape,
    );
    expect(lines.filter(({ to }) => to === "ledger")).toEqual([]);
    expect(lines).toHaveLength(5);
  });
});

test("the narrow one is drawn in its own size on a screen of 400 pixels", () => {
  expect(pictureLayout(roles, "narrow").width).toBeLessThanOrEqual(400);
});
