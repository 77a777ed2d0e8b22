import { serveFixtures } from "../testing/serve/serve.ts";
import { openStack } from "../testing/stack.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";

export const command = declareCommand({
  options: stackOption,
  notes: `For programs, such as Go's tests (testing/go): a line of JSON for each call on standard input, one for each answer on standard output.
When the input ends, however its writer did, everything that was made or paused is undone.`,
  examples: [["nitro fixtures -s alice", "what testing/go starts"]],
  stopsCleanly: true,
  unread: "stop",

  async run({ values }, context) {
    const { env, root, stdin: input, stdout: output, signal } = context;
    await using stack = await openStack(selectStack(values.stack, env), { root, env });
    await serveFixtures(stack, { input, output, signal });
    return 0;
  },
});
