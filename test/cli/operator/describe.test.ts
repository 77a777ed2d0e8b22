import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { describeAuthorization } from "../../../cli/operator/operator-authorize.ts";
import { describeShares } from "../../../cli/operator/share-ls.ts";
import { describeReport } from "../../../cli/pay/pay-report.ts";
import { describeRetry } from "../../../cli/pay/pay-retry.ts";
import { Sums } from "../../../operators/report/decimal.ts";

const operator = { number: 2, name: "test-operator2" };
const result = { payoutId: "p", requests: 12, prepared: 12, put: 12, before: 0, held: 0 };

test.each([
  [{}, "payout p: operator 2 (test-operator2) authorized 12 payments"],
  [{ put: 1, before: 11 }, "payout p: operator 2 (test-operator2) authorized 1 payment, 11 before"],
  [{ put: 0, before: 12 }, "payout p: operator 2 (test-operator2) has authorized everything that is prepared before"],
  [{ prepared: 9, put: 9 }, "payout p: operator 2 (test-operator2) authorized 9 payments, 3 are not prepared yet"],
])("what an authorization says of %j", (more, line) => {
  expect(describeAuthorization(operator, { ...result, ...more })).toBe(line);
});

test.each([
  [{ released: 0, ordered: [], resent: 0, expired: 0 }, "there is nothing to try again"],
  [{ released: 1, ordered: [], resent: 0, expired: 0 }, "1 put-off request is tried now"],
  [
    { released: 3, ordered: ["submit"], resent: 2, expired: 0 },
    "3 put-off requests are tried now, the order to submit was put again, the authorizations of 2 payments were sent again",
  ],
] as const)("what a retry says of %j", (retried, words) => {
  expect(describeRetry(retried)).toBe(words);
});

test("the shares: whose, of which vault, and how many of those that are needed", () => {
  const own = { object: "x/operator-share_test-operator.json", operator: "test-operator", own: true, putBy: "operator" } as const;
  const foreign = { object: "x/operator-share_other.json", operator: undefined, own: false, putBy: "operator" } as const;
  expect(stripVTControlCharacters(describeShares([own, foreign]))).toBe(`operator       a share of              put      object
test-operator  the stack's vault       by hand  operator-share_test-operator.json
nobody         another vault, or none  by hand  operator-share_other.json

1 of 2 shares
`);
  expect(describeShares([])).toBe("0 of 2 shares\n");
});

test("a report: counts, sums, what signatures are worth, and every problem", () => {
  const sums = { reported: new Sums(), prepared: new Sums(), paid: new Sums(), failed: new Sums() };
  sums.reported.add("BAT", "1.5");
  const found = {
    payoutId: "p",
    payments: { reported: 1, prepared: 0, paid: 0, failed: 0 },
    sums,
    signatures: { attested: 2, unknown: 1, wrong: 1 },
  };
  expect(stripVTControlCharacters(describeReport({ ...found, problems: ["first", "second"] }))).toBe(`payments  count  sum
reported  1      1.5 BAT
prepared  0      0
paid      0      0
failed    0      0

✗ first
✗ second
payout p: 2 answers attested, 1 with a signature that only the program's own tools can judge, 1 that cannot be trusted; 2 problems
`);
  expect(describeReport({ ...found, signatures: { attested: 2, unknown: 0, wrong: 0 }, problems: [] })).toContain(
    "payout p: 2 answers attested; all of it is right\n",
  );
});
