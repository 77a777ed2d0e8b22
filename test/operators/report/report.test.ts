import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { PaymentDetails } from "../../../key-feeder/payouts/messages.ts";
import { checkReport, paymentsOf, type ReportError } from "../../../operators/report/report.ts";

const folder = mkdtempSync(join(tmpdir(), "nitro-report-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(text: string): string {
  const path = join(folder, "report.json");
  writeFileSync(path, text);
  return path;
}

const payment = (more: object = {}) => ({
  to: "a",
  from: "f",
  amount: "3.27",
  currency: "BAT",
  payoutId: "p",
  custodian: "dryrun-happypath",
  ...more,
});

/** The problems of a report, each as "line field". */
async function problemsOf(text: string): Promise<string[]> {
  const error = await checkReport(file(text)).then(
    () => undefined,
    (thrown: ReportError) => thrown,
  );
  return error?.problems.map(({ line, field = "", message }) => `${line} ${field} ${message}`) ?? [];
}

async function all(payments: AsyncGenerator<PaymentDetails>): Promise<PaymentDetails[]> {
  const found: PaymentDetails[] = [];
  for await (const each of payments) found.push(each);
  return found;
}

test("a good report: its payments are counted, summed and read as they will be sent", async () => {
  const path = file(
    `[${JSON.stringify(payment({ user: "ignored", nested: { to: "b" } }))},\n{"to":"b","from":"f","amount":12345678901234567.890,"currency":"BAT","payoutId":"p","custodian":"uphold"},
    {"to":"c","from":"f","amount":1e-3,"currency":"USD","payoutId":"p","custodian":"uphold"}]`,
  );
  const report = await checkReport(path);
  expect(report).toMatchObject({ payoutId: "p", count: 3, path });
  expect(`${report.sums}`).toBe("12345678901234571.16 BAT, 0.001 USD");
  expect((await all(paymentsOf(report))).map(({ to, amount }) => [to, amount])).toEqual([
    ["a", "3.27"],
    ["b", "12345678901234567.89"],
    ["c", "0.001"],
  ]);
  expect((await all(paymentsOf(report, 2))).map(({ to }) => to)).toEqual(["c"]);
  expect(Object.keys((await all(paymentsOf(report)))[0] ?? {})).toEqual(["to", "from", "amount", "currency", "payoutId", "custodian"]);
});

test("every problem is told, with its line and field", async () => {
  const report = `[
  {"to": "a", "from": "f", "amount": "3.27", "currency": "BAT", "payoutId": "p", "custodian": "c"},
  {"to": "a",
   "from": "",
   "amount": "1,5", "currency": 3,
   "payoutId": "p", "custodian": "c"},
  {"to": "b", "from": "f", "amount": 0, "currency": "BAT", "payoutId": "p"},
  17,
  {"to": "c", "from": "f", "amount": -1.5, "currency": "BAT", "payoutId": "p", "custodian": "c"},
  {"to": "d", "from": "f", "amount": "1.0000000000000000001", "currency": "BAT", "payoutId": "p", "custodian": "c"},
  {"to": "e", "from": "f", "amount": 1, "currency": "BAT", "payoutId": "q", "custodian": "c"},
  {"to": "f", "from": "f", "amount": 1, "currency": "BAT", "payoutId": "p", "custodian": "c",
   "amount": 2},
  {"to": "a", "from": "f", "amount": null, "currency": "BAT", "payoutId": "p", "custodian": "c"},
  {"to": "a", "from": "f", "amount": 1, "currency": "BAT", "payoutId": "p", "custodian": "c"},
  {"to": "g", "from": "f",
   "amount": 1 "currency": "BAT"},
  {"to": "${"x".repeat(257)}", "from": "f", "amount": 1, "currency": "BAT", "payoutId": "p", "custodian": "c"}
]`;
  expect(await problemsOf(report)).toEqual([
    "4 from it is empty",
    '5 amount it is "1,5": allowed is a decimal, as a number or a text, such as 3.27',
    "5 currency it is 3: allowed is a text",
    "7 amount it is 0: allowed is more than 0",
    "7 custodian it is missing",
    '8  it is 17: needed is a payment, { "to": …, "amount": …, … }',
    "9 amount it is -1.5: allowed is more than 0",
    '10 amount it is "1.0000000000000000001": allowed are up to 18 digits after the point',
    "11 payoutId it is q: the first one is p, and a report is of one payout",
    "13 amount it is there twice, on line 12 too",
    "14 amount it is null: allowed is a decimal, as a number or a text, such as 3.27",
    "15 to a is paid on line 2 already: allowed is once a payout",
    expect.stringMatching(/^17 {2}it is no JSON: /),
    "18 to it has 257 bytes: allowed are 256",
  ]);
});

test.each([
  ["[]", "1  it lists no payments"],
  ["", "1  it is empty: needed is a JSON list, [ … ]"],
  [
    `[${JSON.stringify(payment())},\n${JSON.stringify(payment({ amount: "x" }))}\n`,
    '2 amount it is "x": allowed is a decimal, as a number or a text, such as 3.27',
  ],
])("%s: %s", async (text, problem) => {
  expect(await problemsOf(text)).toContain(problem);
});

test("custodians that the program does not take are told before anything is sent", async () => {
  const path = file(`[${JSON.stringify(payment())},\n${JSON.stringify(payment({ to: "b", custodian: "uphold" }))}]`);
  const checking = checkReport(path, (custodian) => (custodian === "uphold" ? "allowed are others" : undefined));
  await expect(checking).rejects.toMatchObject({
    problems: [{ line: 2, field: "custodian", message: "it is uphold: allowed are others" }],
  });
});

test("a report that was changed after it was checked is not sent to its end", async () => {
  const path = file(JSON.stringify([payment(), payment({ to: "b" })]));
  const report = await checkReport(path);
  writeFileSync(path, JSON.stringify([payment(), payment({ to: "c" })]));
  await expect(all(paymentsOf(report))).rejects.toThrow("was changed while it was read");
});

test("a file that is not there is told", async () => {
  await expect(checkReport(join(folder, "nowhere.json"))).rejects.toThrow("nowhere.json is not there: there is no such file");
  await expect(checkReport(folder)).rejects.toThrow("is a folder: allowed is a file");
});

test("ten thousand payments go through in order", async () => {
  const many = Array.from({ length: 10_000 }, (_, index) => payment({ to: `to-${index}`, amount: 0.1 }));
  const report = await checkReport(file(JSON.stringify(many, null, 1)));
  expect(`${report.sums}`).toBe("1000 BAT");
  expect(await all(paymentsOf(report, 9_998))).toHaveLength(2);
});
