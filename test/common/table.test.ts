import { styleText } from "node:util";
import { expect, it } from "vitest";
import { table } from "../../common/table.ts";

it("aligns columns, counts no colours and leaves no trailing blanks", () => {
  const green = styleText("green", "ok", { validateStream: false });
  const lines = table(
    ["part", "state", ""],
    [
      ["redis", green, "20001"],
      ["s", "broken", ""],
    ],
  ).split("\n");
  expect(lines.slice(1)).toEqual([`redis  ${green}      20001`, "s      broken", ""]);
});
