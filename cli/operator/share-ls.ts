import { table } from "../../common/table.ts";
import { neededShares } from "../../key-feeder/contract.ts";
import { type ListedShare, listShares } from "../../operators/shares.ts";
import { withStack } from "../connection.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { withShares } from "./share-bucket.ts";

export const command = declareCommand({
  options: { ...stackOption, ...jsonOption },
  notes: "The service takes all of them together: one that is not of the stack's vault keeps it sealed.",

  async run({ values }, context) {
    const shares = await withStack(selectStack(values.stack, context.env), context, ["localstack"], (stack) =>
      withShares(stack, (bucket) => listShares(bucket, stack.operators)),
    );
    context.stdout.write(values.json ? `${JSON.stringify(shares, null, 2)}\n` : describeShares(shares));
    return 0;
  },
});

/** One row a share, and how many of those that are needed are there. */
export function describeShares(shares: readonly ListedShare[]): string {
  const own = shares.filter((share) => share.own).length;
  const count = `${own} of ${neededShares} shares\n`;
  if (shares.length === 0) return count;
  const rows = shares.map(({ object, operator, own, putBy }) => [
    operator ?? "nobody",
    own ? "the stack's vault" : "another vault, or none",
    putBy === "operator" ? "by hand" : "by the key-feeder",
    object.slice(object.lastIndexOf("/") + 1),
  ]);
  return `${table(["operator", "a share of", "put", "object"], rows)}\n${count}`;
}
