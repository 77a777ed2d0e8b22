import { UsageError } from "../../common/errors.ts";
import { suggestion } from "../../common/nearest.ts";
import { seconds } from "../../common/progress.ts";
import { type FaultKind, type FaultPart, faultKinds, faultParts, makeFault } from "../../data/faults.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { anyText, duration } from "../core/values.ts";
import { withFaultStack } from "./connection.ts";

const kinds = [...new Set(faultParts.flatMap((part): readonly FaultKind[] => faultKinds[part]))];

export const command = declareCommand({
  arguments: {
    part: { words: faultParts, what: "the part that is to fail", help: "the part that fails" },
    kind: { words: kinds, read: anyText, what: "how it is to fail", help: "how" },
  },
  options: {
    ...stackOption,
    ...jsonOption,
    for: { type: "string", placeholder: "TIME", default: "10s", read: duration(100, 3_600_000), help: "how long" },
    delay: {
      type: "string",
      placeholder: "TIME",
      read: duration(1, 60_000),
      help: "of slow: how much later answers come (default: 200ms)",
    },
  },
  notes: `conflict: the ledger answers every commit with OccConflictException. error: Redis answers what needs memory as one that is full. slow: answers come later. down:
connections are taken, and nothing is answered. A fault ends by itself, also where this command was killed, and when its part is restarted. A new one
takes the place of the one that a part has.`,
  examples: [
    ["nitro fault ledger conflict -s alice --for 10s", "what drivers have to try again after"],
    ["nitro fault redis slow -s alice --delay 1s", "each answer up to a second later"],
  ],

  async run({ values, words: { part, kind: word } }, context) {
    const kind = kindOf(part, word);
    if (values.delay !== undefined && kind !== "slow") throw new UsageError(`--delay is for the fault slow, not for ${kind}`);
    const name = selectStack(values.stack, context.env);
    const options = { forMs: values.for, ...(values.delay !== undefined && { delayMs: values.delay }) };
    const fault = await withFaultStack(name, context, (stack) => makeFault(stack, part, kind, options));
    context.stdout.write(
      values.json
        ? `${JSON.stringify(fault, null, 2)}\n`
        : `${part}: ${kind} for ${seconds(values.for)}; before that ends it: ./nitro fault clear -s ${name}\n`,
    );
    return 0;
  },
});

/** What one part can have is less than what all can. @throws UsageError */
function kindOf(part: FaultPart, word: string): FaultKind {
  const allowed: readonly FaultKind[] = faultKinds[part];
  const kind = allowed.find((each) => each === word);
  if (kind !== undefined) return kind;
  throw new UsageError(`${part} cannot have the fault "${word}"${suggestion(word, allowed)}: allowed are ${allowed.join(", ")}`);
}
