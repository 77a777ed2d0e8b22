import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { exports } from "../../cli/env.ts";

test("a shell reads every value back as it was", () => {
  const variables = { NITRO_A: "it's", NITRO_B: '$HOME "`x`" \\ *', NITRO_C: "two\nlines", NITRO_D: "" };
  const program = `${exports(variables)}\nexec "$0" -p 'JSON.stringify([process.env.NITRO_A, process.env.NITRO_B, process.env.NITRO_C, process.env.NITRO_D])'`;
  const read = execFileSync("sh", ["-c", program, process.execPath], { encoding: "utf8" });
  expect(JSON.parse(read)).toEqual(Object.values(variables));
});
