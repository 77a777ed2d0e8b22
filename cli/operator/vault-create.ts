import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { writeWhole } from "../../common/files.ts";
import { createVault, type Vault } from "../../operators/ceremony.ts";
import { withStack } from "../connection.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { wholeNumber } from "../core/values.ts";
import { callerOf, signingOptions } from "./who.ts";

export const command = declareCommand({
  options: {
    ...stackOption,
    ...signingOptions,
    threshold: { type: "string", placeholder: "N", default: "2", read: wholeNumber(2, 255), help: "so many shares make the key" },
    out: {
      type: "string",
      placeholder: "FOLDER",
      complete: "folders",
      help: "write the shares there, an age file for each operator's key",
    },
    ...jsonOption,
  },
  notes:
    "The service makes the vault's key, gives each operator a share that this operator alone can read, and forgets the key. The stack's own vault stays as it is.",
  examples: [["nitro operator vault create -s alice --out shares", "a vault, and the shares as files"]],

  async run({ values }, context) {
    const vault = await withStack(selectStack(values.stack, context.env), context, ["service"], async (stack) =>
      createVault(await callerOf(stack, values, context), values.threshold),
    );
    const files = values.out === undefined ? [] : await writeShares(resolve(context.cwd, values.out), vault);
    if (values.json) {
      const shares = vault.shares.map(({ name, material }) => ({ name, material: material.toString("base64") }));
      context.stdout.write(`${JSON.stringify({ ...vault, shares }, null, 2)}\n`);
    } else context.stdout.write(`${describeVault(vault)}${files.map((file) => `share: ${file}\n`).join("")}`);
    return 0;
  },
});

/** @returns the files; a share is nobody else's to read */
async function writeShares(folder: string, { publicKey, shares }: Vault): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    shares.map(async ({ name, material }) => {
      const file = join(folder, `share-${name}-${publicKey}.enc`);
      await writeWhole(file, material, { mode: 0o600 });
      return file;
    }),
  );
}

/** The vault for people. */
export function describeVault({ publicKey, threshold, operatorKeys }: Omit<Vault, "shares">): string {
  return `vault ${publicKey}: ${threshold} of ${operatorKeys.length} shares\n${operatorKeys.map((key) => `operator: ${key}\n`).join("")}`;
}
