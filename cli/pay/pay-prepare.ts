import { resolve } from "node:path";
import { heartbeat, Progress, seconds } from "../../common/progress.ts";
import { takesCustodian } from "../../model/program-settings.ts";
import { countPrepared, preparePayout } from "../../operators/payouts/prepare.ts";
import { payoutRoles } from "../../operators/payouts/problem.ts";
import { checkReport } from "../../operators/report/report.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { authorizeAsAll, authorizesItself, leftToPeople } from "./authorize.ts";
import { withPayouts } from "./connection.ts";
import { followPayout } from "./follow.ts";
import { newsTimeoutOption } from "./options.ts";
import { Payer } from "./payer.ts";

const interruptedExitCode = 130;

export const command = declareCommand({
  arguments: {
    report: { what: "the report", complete: "files", help: "a JSON list of payments: to, from, amount, currency, payoutId, custodian" },
  },
  options: {
    ...stackOption,
    authorization: {
      type: "string",
      words: ["auto", "manual"],
      help: "for this payout alone. auto: as both operators; manual: left to people",
    },
    ...newsTimeoutOption,
    ...jsonOption,
  },
  notes: `A report with a problem is not sent at all: every problem is told, with its line and field. Amounts are decimals, as numbers or texts, and are never rounded.
Interrupted, the same command goes on where it was; what was sent is not sent again. The worker begins once all of it is there.`,
  examples: [["nitro pay prepare -s alice report.json --authorization manual", "then: nitro operator authorize PAYOUT --operator 1"]],
  stopsCleanly: true,

  async run({ values, words }, context) {
    const { stdout, stderr, signal } = context;
    const name = selectStack(values.stack, context.env);
    return withPayouts(name, context, payoutRoles, async (stack) => {
      const { redis, serviceHost: host, payout } = stack;
      const itself = authorizesItself(stack, values.authorization);
      const report = await checkReport(resolve(context.cwd, words.report), (custodian) =>
        !takesCustodian(payout.custodians, custodian)
          ? `nitro:payout.custodians has ${payout.custodians.join(", ")}`
          : itself
            ? leftToPeople(stack, custodian)
            : undefined,
      );
      const { payoutId, count } = report;
      const timeoutMs = values.timeout * 1_000;
      const progress = new Progress(stderr);
      progress.line(`payout ${payoutId}: ${count} payment${count === 1 ? "" : "s"}, ${report.sums}`);
      const beat = heartbeat(progress);
      const manual = values.authorization === "manual";
      const onProgress = ({ sent }: { sent: number }) => beat(`${sent} of ${count} requests sent`);
      const { before, now } = await preparePayout(redis, report, { stack: name, host, manual, signal, onProgress });
      progress.status(undefined);
      if (before.sent > 0) progress.line(`${before.sent} requests were there already, ${now.sent - before.sent} were sent now`);
      const began = Date.now();
      const start = (await countPrepared(redis, payoutId)).answers;
      let last = start;
      const look = async () => {
        const { answers } = await countPrepared(redis, payoutId);
        const news = answers > last;
        last = answers;
        const shown = `${answers} of ${count} prepared${rate(answers - start, Date.now() - began)}`;
        return { shown, news, done: answers >= count ? answers : undefined };
      };
      const payments = () => new Payer(stack, context).payments(payoutId);
      const long = count > 100;
      const prepared = await followPayout(stack, context, { payoutId, timeoutMs, long, look, payments });
      if (prepared === undefined) return interruptedExitCode;
      const took = Date.now() - began;
      if (itself) await authorizeAsAll(stack, payoutId, timeoutMs, context);
      if (values.json)
        stdout.write(
          `${JSON.stringify({ payoutId, payments: count, sent: now.sent - before.sent, sums: report.sums, ms: took }, null, 2)}\n`,
        );
      else
        stdout.write(
          `payout ${payoutId}: ${count} payment${count === 1 ? "" : "s"} prepared in ${seconds(took)}${rate(count - start, took)}\n${next(payoutId, name)}`,
        );
      return 0;
    });
  },
});

function next(payoutId: string, stack: string): string {
  return `./nitro pay status ${payoutId} -s ${stack} --watch follows it\n`;
}

/** ", 412 a second"; nothing before there is anything to say. */
function rate(count: number, ms: number): string {
  return count <= 0 || ms < 500 ? "" : `, ${Math.round((count * 1_000) / ms)} a second`;
}
