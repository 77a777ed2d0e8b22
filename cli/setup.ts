import type { Context } from "../common/context.ts";
import { Progress, seconds } from "../common/progress.ts";
import { ensureImages, imageRefs } from "../images/build.ts";
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
    const built = await buildImages(engine, arch, context);
    const made = built.length === 0 ? "" : `, images built: ${built.join(", ")}`;
    context.stdout.write(`ready: container engine ${version} at ${engine.host}${made}, ${seconds(Date.now() - began)}\n`);
    return 0;
  },
};

async function buildImages(engine: Parameters<typeof ensureImages>[0], arch: "amd64" | "arm64", context: Context): Promise<string[]> {
  const progress = new Progress(context.stderr);
  const said = new Map<string, string>();
  const built = await ensureImages(engine, imageRefs(arch), {
    env: context.env,
    onProgress: ({ image, step, elapsedMs }) => {
      if (said.get(image) === step) return;
      said.set(image, step);
      progress.line(`  image ${image}: ${step}, ${seconds(elapsedMs)}`);
    },
  });
  return built;
}
