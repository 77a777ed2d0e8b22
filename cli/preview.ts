import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { type Configured, configure } from "../automation/configured.ts";
import { mayBePreviewed } from "../automation/lost-state.ts";
import { previewFromEmpty, previewState } from "../automation/preview-run.ts";
import { Stack } from "../automation/stack.ts";
import type { Context } from "../common/context.ts";
import { errorMessage, UsageError, UserError } from "../common/errors.ts";
import { Steps } from "../common/steps.ts";
import { policies } from "../policies/all.ts";
import { evaluate } from "../policies/policy.ts";
import { BlueprintError, parseBlueprint } from "../previews/blueprint.ts";
import { compareBlueprints } from "../previews/compare.ts";
import { changesOf } from "../previews/digest.ts";
import { blueprintOf } from "../previews/from-digest.ts";
import { render } from "../previews/render.ts";
import { replacingInputs } from "../previews/replacing.ts";
import { countOf, type Report } from "../previews/report.ts";
import { markdown, plainText } from "../previews/style.ts";
import { ensurePulumi } from "../toolchain/setup.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption, type Options, stackOption, type Values } from "./core/declaration.ts";
import { namingOptions, settingChanges, settingOptions } from "./core/options.ts";
import { selectStack } from "./core/selection.ts";

const options = {
  ...stackOption,
  ...settingOptions,
  ...jsonOption,
  markdown: { type: "boolean", help: "for a comment" },
  "fail-on-replace": { type: "boolean", help: "exit code 1 where something would be replaced" },
  blueprint: { type: "boolean", help: "write what is declared, in place of a preview" },
  settings: { type: "string", placeholder: "FILE", complete: "files", help: "in place of the stack's own Pulumi.STACK.yaml" },
  base: { type: "string", placeholder: "FILE", complete: "files", help: "the blueprint before (default: none)" },
  head: { type: "string", placeholder: "FILE", complete: "files", help: "compare this blueprint with the one before" },
} as const satisfies Options;

export const command = declareCommand({
  unread: "end",
  marksUse: false,
  options,
  notes: `A stack is previewed against its state, and nothing is changed. --blueprint writes, as JSON, everything that settings and sources declare, from empty
state: it needs neither an engine nor an executable nor a secret. --head compares two of these, as a pull request does.
Exit code 1 where a policy would be broken.`,
  examples: [
    ["nitro preview -s alice --binary ./payments", "what `swap --binary` would do"],
    ["nitro preview --blueprint --settings Pulumi.dev.yaml", "in each of two checkouts"],
    ["nitro preview --base base.json --head head.json --markdown", "what differs between them"],
  ],
  stopsCleanly: true,

  async run({ values }, context) {
    if (values.json && values.markdown) throw new UsageError("--json and --markdown are two forms of one report: choose one");
    if (values.base !== undefined && values.head === undefined) throw new UsageError("--base is compared with --head, which is missing");
    if (values.blueprint) return await writeBlueprint(values, context);
    const report = values.head === undefined ? await previewStack(values, context) : await compareFiles(values.base, values.head, context);
    const text = values.json ? `${JSON.stringify(report, null, 2)}\n` : render(report, values.markdown ? markdown : plainText);
    context.stdout.write(text);
    judge(report, values["fail-on-replace"]);
    return 0;
  },
});

async function writeBlueprint(values: Values<typeof options>, context: Context): Promise<number> {
  const stack = new Stack(selectStack(values.stack ?? "preview", context.env), context);
  const configured = await configureAs(stack.name, values, context);
  await ensurePulumi(context.env, new Steps(context.stderr));
  const { digest, declared } = await previewFromEmpty({ stack, configured, blueprint: true, context });
  context.stdout.write(`${JSON.stringify(blueprintOf(stack.name, digest, declared))}\n`);
  return 0;
}

async function previewStack(values: Values<typeof options>, context: Context): Promise<Report> {
  const stack = new Stack(selectStack(values.stack, context.env), context);
  const configured = await configureAs(stack.name, values, context);
  const there = (await stack.state()) !== undefined;
  if (!there) await mayBePreviewed(stack.name, configured.settings, context.env);
  await ensurePulumi(context.env, new Steps(context.stderr));
  const { digest, declared } = await (there ? previewState : previewFromEmpty)({ stack, configured, blueprint: false, context });
  return {
    title: `Preview of ${there ? "" : "the new "}stack ${stack.name}`,
    ...changesOf(digest),
    findings: evaluate(policies, declared),
  };
}

/** A blueprint does without the files that settings name. */
async function configureAs(stack: string, values: Values<typeof options>, context: Context): Promise<Configured> {
  const { settings, blueprint } = values;
  const path = settings === undefined ? undefined : resolve(context.cwd, settings);
  const reading = configure(stack, context, { changes: settingChanges(values, context), path, files: blueprint ? [] : undefined });
  return await namingOptions(values, reading);
}

async function compareFiles(base: string | undefined, head: string, context: Context): Promise<Report> {
  const blueprint = async (file: string) => parseBlueprint(await readText(file, context), file);
  try {
    const before = base === undefined ? undefined : await blueprint(base);
    const title = before === undefined ? "Preview, with nothing to compare with" : "Preview of this change";
    return { title, ...compareBlueprints(before, await blueprint(head), policies, replacingInputs()) };
  } catch (error) {
    if (error instanceof BlueprintError) throw new UserError(error.message);
    throw error;
  }
}

async function readText(file: string, { cwd }: Context): Promise<string> {
  return await readFile(resolve(cwd, file), "utf8").catch((error: unknown) => {
    throw new UserError(`${file} cannot be read: ${errorMessage(error)}`);
  });
}

/** @throws UserError where the report is to fail a check */
function judge(report: Report, failOnReplace: boolean): void {
  const replaced = countOf(report, "replace");
  const problems = [
    ...(report.findings.length > 0 ? [`policies would be broken, ${report.findings.length} times`] : []),
    ...(failOnReplace && replaced > 0 ? [`resources would be replaced, ${replaced} of them (--fail-on-replace)`] : []),
  ];
  if (problems.length > 0)
    throw new UserError(problems.join("; "), report.findings.length > 0 ? "how to keep each policy: docs/policies.md" : undefined);
}
