import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { shellLine } from "../../common/shell.ts";

test("a shell gets the words of a command back as they were", () => {
  const words = ["a b", "it's", '"$HOME"', "`id`", "*", "", "\\", "two\nlines", "-o", "/dev/null", "http://127.0.0.1:80/x"];
  const line = shellLine(["printf", "%s\\0", ...words]);
  expect(execFileSync("sh", ["-c", line], { encoding: "utf8" }).split("\0").slice(0, -1)).toEqual(words);
});

test("what needs no quotes is left as people read it", () => {
  expect(shellLine(["curl", "-fsS", "http://127.0.0.1:80/x"])).toBe("curl -fsS http://127.0.0.1:80/x");
});
