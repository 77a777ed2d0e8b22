import type { Context } from "../common/context.ts";
import { Progress, seconds } from "../common/progress.ts";
import { imageRefs } from "../images/build.ts";
import { buildShown } from "../images/show-build.ts";
import { setUp } from "../toolchain/setup.ts";
import { type Command, parseArguments } from "./core/command.ts";

export const command: Command = {
  summary: "Make this machine ready: container engine, Pulumi, plugins, images",
  usage: `nitro setup [--aws]

  --aws  Pulumi's aws plugin too, which only stacks in ledger mode aws need

Every command that needs something does this by itself; here it is done ahead of time. What is there already stays as it is.`,

  async run(args: string[], context: Context): Promise<number> {
    const { values } = parseArguments(args, { aws: { type: "boolean" } });
    const began = Date.now();
    const engine = await setUp(context.env, context.stderr, values.aws === true ? ["aws"] : []);
    const { version, arch } = await engine.ping();
    const built = await buildShown(engine, imageRefs(arch), context.env, new Progress(context.stderr));
    const made = built.length === 0 ? "" : `, images built: ${built.join(", ")}`;
    context.stdout.write(`ready: container engine ${version} at ${engine.host}${made}, ${seconds(Date.now() - began)}\n`);
    return 0;
  },
};
