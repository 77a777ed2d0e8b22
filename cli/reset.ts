import { InterruptedError } from "../common/errors.ts";
import { Progress, seconds } from "../common/progress.ts";
import { unlessStopped } from "../common/waiting.ts";
import { dataParts, type ResetReport, resetData } from "../data/reset.ts";
import { withDataLock } from "../data/snapshots.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption, stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";
import { withDataStack } from "./data-stack.ts";

export const command = declareCommand({
  arguments: {
    parts: {
      words: [...dataParts, "all"],
      multiple: true,
      what: "the part to empty",
      help: "these parts (default: all of them)",
    },
  },
  options: { ...stackOption, ...jsonOption },
  notes: `Empties them in place: no container stops. Tables with their indexes, the worker's streams and groups, the stack's buckets with what the key-feeder puts
there are as in a new stack, and the service stays unsealed. Payouts that are not done are cancelled, but where LocalStack alone is emptied.
What operators have put by hand is gone. nitro snapshot save keeps everything before.`,
  examples: [
    ["nitro reset -s alice", "all data"],
    ["nitro reset ledger redis -s alice", "S3 stays as it is"],
  ],
  stopsCleanly: true,

  async run({ values, words: { parts: named } }, context) {
    const began = Date.now();
    const stack = selectStack(values.stack, context.env);
    const all = named.length === 0 || named.includes("all");
    const parts = dataParts.filter((part) => all || named.includes(part));
    const progress = new Progress(context.stderr);
    let begun = false;
    const work = withDataStack(stack, context, !all && parts.includes("ledger"), async (data) =>
      withDataLock(context.root, stack, progress, async () => {
        progress.start(`emptying ${parts.join(", ")}`);
        begun = true;
        return resetData(data, parts).finally(() => progress.stop());
      }),
    );
    const report = await unlessStopped(work, context.signal, () => {
      progress.stop();
      if (!begun) return new InterruptedError("stopped: nothing was emptied");
      return new InterruptedError(`stopped: of ${parts.join(", ")} some may be emptied`, "the same command again empties the rest");
    });
    context.stdout.write(values.json ? `${JSON.stringify(report, null, 2)}\n` : `${resetLines(report)}, ${seconds(Date.now() - began)}\n`);
    return 0;
  },
});

/** What was emptied, for people: without a newline at its end. */
export function resetLines({ ledger, redis, localstack, cancelled }: ResetReport): string {
  const emptied = [
    ledger && `ledger (${count(ledger.documents, "document")}; ${count(ledger.tables, "table")} there again)`,
    redis && `Redis (${count(redis.keys, "key")})`,
    localstack &&
      `LocalStack (${count(localstack.objects, "object")}${localstack.buckets === 0 ? "" : `, ${count(localstack.buckets, "bucket")}`})`,
  ].filter((each) => each !== undefined);
  const payouts = cancelled.length === 0 ? "" : `cancelled, since they were not done: ${cancelled.join(", ")}\n`;
  return `${payouts}emptied: ${emptied.join(", ")}`;
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
