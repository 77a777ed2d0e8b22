import * as pulumi from "@pulumi/pulumi";
import type { AwsStack } from "../../components/aws-ledger.ts";
import type { AwsIdentity } from "../../components/aws-policies.ts";
import type { Engine } from "../../docker/engine.ts";
import { localAccount, type StackNames } from "../../model/names.ts";
import type { Settings } from "../../model/settings.ts";
import { deliverCredentials } from "./credentials.ts";
import { AwsError, type AwsLogin, checkEndpoints, checkRole, logIn } from "./login.ts";

export interface AwsStackArgs {
  readonly engine: Engine;
  readonly names: StackNames;
  readonly owner: string;
  readonly settings: Settings["aws"];
  /** An image of ours on the engine. */
  readonly image: string;
  readonly dryRun: boolean;
}

/**
 * Logs in and looks whether every service answers, before anything is created. A preview does without: it may run where nobody is logged
 * in, and then says so.
 * @throws AwsError
 */
export async function prepareAws({ engine, names, owner, settings, image, dryRun }: AwsStackArgs): Promise<AwsStack> {
  const access = { settings, stack: names.stack };
  if (dryRun) return { settings, identity: await previewed(access), open: async () => {} };
  const [login] = await Promise.all([logIn(access), checkEndpoints(access)]);
  return {
    settings,
    identity: login.identity,
    async open(role, volume) {
      const [roleArn] = await Promise.all([known(role), known(volume)]);
      const again = () => pulumi.log.info("the ledger's role cannot be assumed yet: IAM's changes take some seconds to arrive everywhere");
      await checkRole(access, login.secrets, roleArn, again).catch(forTheUser);
      await deliverCredentials(engine, login, { volume: names.volumes.credentials, stack: names.stack, owner, image });
    },
  };
}

async function previewed(access: Parameters<typeof logIn>[0]): Promise<AwsIdentity> {
  const login: AwsLogin | undefined = await logIn(access).catch((error: unknown) => {
    if (!(error instanceof AwsError)) throw error;
    pulumi.log.warn(`this preview does not know whom the ledger's role will trust: ${error.message.split("\n")[0]}`);
    return undefined;
  });
  return login?.identity ?? { account: localAccount, arn: `arn:aws:iam::${localAccount}:root` };
}

function forTheUser(error: unknown): never {
  throw error instanceof AwsError ? new pulumi.RunError(error.message) : error;
}

/** An output's value is known once its resource exists. */
function known(output: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => output.apply(resolve));
}
