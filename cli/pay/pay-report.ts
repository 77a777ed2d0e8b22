import { createWriteStream } from "node:fs";
import { resolve } from "node:path";
import { finished } from "node:stream/promises";
import { styleText } from "node:util";
import { writeByDraft } from "../../common/files.ts";
import { table } from "../../common/table.ts";
import { type PayoutReport, type ReportOptions, reportPayout } from "../../operators/payouts/attested-report.ts";
import { checkReport } from "../../operators/report/report.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withPayouts } from "./connection.ts";

export const command = declareCommand({
  arguments: { payout: { what: "the payout's id", help: "the payout's id, as `nitro pay ls` lists it" } },
  options: {
    ...stackOption,
    report: {
      type: "string",
      placeholder: "FILE",
      complete: "files",
      help: "compare with this report; by default with the requests that were sent",
    },
    out: {
      type: "string",
      placeholder: "FILE",
      complete: "files",
      help: "write the attested report: the prepared payments, each with its documentId",
    },
    ...jsonOption,
  },
  notes: `Every answer's digest and signature is verified, and payments and sums are compared with the report. Exit code 0 where all of it is right, 1 otherwise.
The enclave of a stack is mocked: its signatures show that an answer is whole, not who gave it.`,
  examples: [["nitro pay report -s alice PAYOUT --report report.json --out attested.json", "compare, and keep the attested report"]],

  async run({ values, words: { payout } }, context) {
    const stack = selectStack(values.stack, context.env);
    const report = values.report === undefined ? undefined : await checkReport(resolve(context.cwd, values.report));
    const found = await withPayouts(stack, context, ["redis"], async ({ redis }) => {
      if (values.out === undefined) return reportPayout(redis, payout, { stack, report });
      let result: PayoutReport | undefined;
      await writeByDraft(resolve(context.cwd, values.out), async (draft) => {
        result = await writingAttested(draft, (onPrepared) => reportPayout(redis, payout, { stack, report, onPrepared }));
      });
      return result;
    });
    if (found === undefined) return 1;
    const right = found.problems.length === 0;
    context.stdout.write(values.json ? `${JSON.stringify({ ok: right, ...found }, null, 2)}\n` : describeReport(found));
    return right ? 0 : 1;
  },
});

/** A JSON list, a payment a line, without holding them all. */
async function writingAttested<T>(file: string, work: (onPrepared: NonNullable<ReportOptions["onPrepared"]>) => Promise<T>): Promise<T> {
  const output = createWriteStream(file);
  let first = true;
  output.write("[");
  const result = await work((payment) => {
    output.write(`${first ? "\n" : ",\n"}  ${JSON.stringify(payment)}`);
    first = false;
  });
  output.end("\n]\n");
  await finished(output);
  return result;
}

/** The report for people. */
export function describeReport({ payoutId, payments, sums, signatures, problems }: PayoutReport): string {
  const rows = (["reported", "prepared", "paid", "failed"] as const).map((kind) => [kind, String(payments[kind]), String(sums[kind])]);
  const { attested, unknown, wrong } = signatures;
  const judged = [
    `${attested} answers attested`,
    ...(unknown === 0 ? [] : [`${unknown} with a signature that only the program's own tools can judge`]),
    ...(wrong === 0 ? [] : [`${wrong} that cannot be trusted`]),
  ];
  const lines = problems.map((problem) => `${styleText("red", "✗")} ${problem}\n`).join("");
  const verdict = problems.length === 0 ? "all of it is right" : `${problems.length === 1 ? "1 problem" : `${problems.length} problems`}`;
  return `${table(["payments", "count", "sum"], rows)}\n${lines}payout ${payoutId}: ${judged.join(", ")}; ${verdict}\n`;
}
