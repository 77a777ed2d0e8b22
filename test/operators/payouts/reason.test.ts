import { expect, test } from "vitest";
import { reasonOf } from "../../../operators/payouts/reason.ts";

const messageIds = Array.from({ length: 40 }, (_, index) => `"messageID":"1764417600000-${index}"`).join(",");

test.each([
  ["an error alone", '{"level":"warn","error":"no money","id":"1764417600000-0"}', "no money"],
  ["error and message", '{"message":"tried again later","error":"no money"}', "no money: tried again later"],
  ["error, body and message", '{"error":"400","body":"{\\"message\\":\\"no\\"}","message":"later"}', '400: {"message":"no"}: later'],
  ["a body that is an object", '{"error":"400","body":{"message":"no"}}', '400: {"message":"no"}'],
  ["the same said twice", '{"error":"no money left","message":"no money"}', "no money left"],
  [
    "a field that was repeated at each step",
    `{${messageIds},"error":"response was not 200 OK","message":"m"}`,
    "response was not 200 OK: m",
  ],
  ["an error that was repeated: the last counts", `{"error":"early",${messageIds},"error":"late"}`, "late"],
  ["a line that was cut in the middle of a field", `{"error":"no \\"money\\"",${messageIds},"messageID":"17644`, 'no "money"'],
  ["a cut line with a quoted line inside", '{"body":"{\\"error\\":\\"inner\\"}","error":"outer","mess', 'outer: {"error":"inner"}'],
  ["fields that say nothing", '{"error":"","message":null,"level":"warn"}', '{"error":"","message":null,"level":"warn"}'],
  ["no JSON", "panic: no money\n", "panic: no money"],
])("%s", (_, line, reason) => {
  expect(reasonOf(line)).toBe(reason);
});
