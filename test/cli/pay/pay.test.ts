import { expect, test } from "vitest";
import { UsageError } from "../../../common/errors.ts";
import { runNitro } from "../run.ts";

// What is wrong with the arguments is said before anything is touched: no stack and no engine are needed to get there.

test.each([
  [["--count", "0"], '--count is "0": allowed are whole numbers from 1 to 10000'],
  [["--count", "10001"], '--count is "10001"'],
  [["--count", "five"], '--count is "five"'],
  [["--count", "1e3"], '--count is "1e3"'],
  [["--amount", "-1"], /amount/],
  [["--amount", "0.0"], '--amount is "0.0": allowed are decimals above 0'],
  [["--amount", "1,5"], '--amount is "1,5"'],
  [["--timeout", "0"], '--timeout is "0"'],
  [["--authorization", "off"], '--authorization is "off": allowed are auto, manual'],
  [["status"], "the payout's id is missing"],
  [["stat", "p"], 'there is no subcommand "stat", did you mean status?'],
  [["cancel"], "the payout's id is missing"],
  [["ls", "p"], 'unexpected argument "p"'],
  [["status", "p", "q"], 'unexpected argument "q"'],
  [["--colour"], "Unknown option '--colour'"],
])("%j", async (args, message) => {
  const call = runNitro(["pay", ...args]);
  await expect(call).rejects.toThrow(UsageError);
  await expect(call).rejects.toThrow(message);
});
