import { Progress } from "../../common/progress.ts";
import { Engine } from "../../docker/engine.ts";
import { ledgerImageRefs } from "../../images/build.ts";
import { buildShown } from "../../images/show-build.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption } from "../core/declaration.ts";

export const command = declareCommand({
  options: jsonOption,
  notes: "Needs a container engine. Prints the image's name, and how to run it. What is there already is not built again.",

  async run({ values }, context) {
    const engine = Engine.connect(context.env);
    const { arch } = await engine.ping();
    const refs = ledgerImageRefs(arch);
    await buildShown(engine, refs, context.env, new Progress(context.stderr));
    context.stdout.write(
      values.json ? `${JSON.stringify({ image: refs.ledger, run: runLine(refs.ledger) }, null, 2)}\n` : describeImage(refs.ledger),
    );
    return 0;
  },
});

/** The line that runs an image. */
export function runLine(image: string): string {
  return `docker run -d --name ledger -p 127.0.0.1:8182:8182 -v ledger-data:/data ${image}`;
}

/** What to do with the image, for people. */
export function describeImage(image: string): string {
  return `${image}

run it:      ${runLine(image)}
look:        ./nitro ledger tables --endpoint http://127.0.0.1:8182
take it:     docker save ${image} | gzip > ledger.tar.gz
settings:    -e LEDGER_NAME=…, and those of ledger/README.md
`;
}
