import { Progress, seconds } from "../common/progress.ts";
import { imageRefs } from "../images/build.ts";
import { buildShown } from "../images/show-build.ts";
import { setUp } from "../toolchain/setup.ts";
import { declareCommand } from "./core/command.ts";

export const command = declareCommand({
  options: { aws: { type: "boolean", help: "Pulumi's aws plugin too, which only stacks in ledger mode aws need" } },
  notes: "Every command that needs something does this by itself; here it is done ahead of time. What is there already stays as it is.",

  async run({ values }, context) {
    const began = Date.now();
    const engine = await setUp(context.env, context.stderr, values.aws ? ["aws"] : []);
    const { version, arch } = await engine.ping();
    const built = await buildShown(engine, imageRefs(arch), context.env, new Progress(context.stderr));
    const made = built.length === 0 ? "" : `, images built: ${built.join(", ")}`;
    context.stdout.write(`ready: container engine ${version} at ${engine.host}${made}, ${seconds(Date.now() - began)}\n`);
    return 0;
  },
});
