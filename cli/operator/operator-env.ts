import { configure, mustBePlain } from "../../automation/configured.ts";
import { mustBeKnown } from "../../automation/lost-state.ts";
import { operatorsFolder, type TrustFiles, writeOperatorFiles, writeTrustFiles } from "../../automation/operator-files.ts";
import { Stack } from "../../automation/stack.ts";
import { UserError } from "../../common/errors.ts";
import { Engine } from "../../docker/engine.ts";
import { isRemote } from "../../docker/remote.ts";
import { operatorNames, pcr2, variables } from "../../key-feeder/contract.ts";
import { stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { exports } from "../env.ts";

const numbers = operatorNames.map((_, index) => String(index + 1));

export const command = declareCommand({
  options: {
    ...stackOption,
    operator: { type: "string", words: numbers, default: "1", help: "whose key and share the variables name" },
    ...jsonOption,
  },
  notes: `  eval "$(./nitro operator env -s alice)"   # then: vault, configure, bootstrap, prepare, authorize, report

Keys and shares of all operators are in .nitro/STACK/operators, for nobody else to read, until nitro down. A share is an age file for its operator's key.`,
  examples: [["nitro operator env -s alice --operator 2", "as the second operator"]],

  async run({ values }, context) {
    const stack = new Stack(selectStack(values.stack, context.env), context);
    const configured = await configure(stack.name, context, { files: [] });
    mustBePlain(configured, "ledger", "aws.region");
    await mustBeKnown(stack, context);
    const outputs = wholeOutputs(stack.name, await stack.outputs(true));
    const folder = operatorsFolder(context.root, stack.name);
    const files = await writeOperatorFiles(folder, outputs.operators);
    const { caCertificate } = outputs;
    const trust = caCertificate === undefined ? undefined : await writeTrustFiles(folder, caCertificate, context.env);
    const index = numbers.indexOf(values.operator);
    const printed = operatorVariables(stack.name, outputs, configured.settings.ledger.mode === "local", { ...files[index], trust });
    context.stdout.write(values.json ? `${JSON.stringify(printed, null, 2)}\n` : exports(printed));
    if (isRemote(Engine.connect(context.env)))
      context.stderr.write(
        `these addresses are of the engine's machine; on this one they answer during: ./nitro tunnel -s ${stack.name}\n`,
      );
    return 0;
  },
});

/** @throws UserError where a stack does not tell its operators' keys, since its last up did not end well or is of an older version */
function wholeOutputs(stack: string, outputs: Readonly<Record<string, unknown>>): StackOutputs {
  const { operators } = outputs;
  if (Array.isArray(operators) && operators.length === operatorNames.length) return outputs as unknown as StackOutputs;
  throw new UserError(`stack "${stack}" has not told its operators' keys yet`, `./nitro up -s ${stack}`);
}

/**
 * What the operators' tools read from their environment.
 * @param local whether the stack's own AWS is all that there is; else only S3 is
 * @param files of the operator, and those by which the stack's servers are trusted, where they have an authority
 */
export function operatorVariables(
  stack: string,
  outputs: Pick<StackOutputs, "serviceUrl" | "redisUrl" | "localstackUrl" | "localstackHttpsUrl" | "aws" | "vaultPublicKey">,
  local: boolean,
  files: { readonly key?: string; readonly share?: string; readonly trust?: TrustFiles | undefined },
): Record<string, string> {
  const { key, share, trust } = files;
  const redis = new URL(outputs.redisUrl);
  const password = decodeURIComponent(redis.password);
  const { buckets, configObject } = stackNames(stack);
  return {
    [variables.mocking]: "1",
    [variables.apiBase]: outputs.serviceUrl,
    NITRO_EXPECTED_PCR2: pcr2,
    NITRO_VAULT_PUBLIC_KEY: outputs.vaultPublicKey,
    BAT_OPERATOR_KEY: key ?? "",
    BAT_OPERATOR_SHARE: share ?? "",
    [variables.redisAddress]: redis.host,
    REDIS_USERNAME: redis.username,
    REDIS_PASSWORD: password,
    REDISCLI_AUTH: password,
    ...(redis.protocol === "rediss:" ? { [variables.redisTls]: "1" } : {}),
    AWS_REGION: outputs.aws.region,
    // Python's SDK reads this one alone.
    AWS_DEFAULT_REGION: outputs.aws.region,
    AWS_ACCESS_KEY_ID: outputs.aws.accessKeyId,
    AWS_SECRET_ACCESS_KEY: outputs.aws.secretAccessKey,
    ...(local ? { AWS_ENDPOINT_URL: outputs.localstackUrl } : {}),
    // AWS's Go SDK uploads what it cannot read twice over https alone.
    AWS_ENDPOINT_URL_S3: (trust && outputs.localstackHttpsUrl) ?? outputs.localstackUrl,
    ...(trust && { AWS_CA_BUNDLE: trust.bundle, SSL_CERT_FILE: trust.bundle, NODE_EXTRA_CA_CERTS: trust.authority }),
    [variables.configBucket]: buckets.config,
    [variables.configObject]: configObject,
    [variables.sharesBucket]: buckets.shares,
  };
}
