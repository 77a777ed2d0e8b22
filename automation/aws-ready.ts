import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { Steps } from "../common/steps.ts";
import type { AwsSettings } from "../model/aws-settings.ts";
import { checkSettings } from "../model/settings.ts";
import { SettingsFile } from "../model/settings-file.ts";
import { AwsError, checkEndpoints, logIn } from "../stacks/aws/login.ts";
import { ensurePulumi } from "../toolchain/setup.ts";
import type { Stack } from "./stack.ts";

/**
 * For ledger mode aws: looks at credentials and endpoints before anything is installed, built or created.
 * @throws UserError
 */
export async function checkAws(settings: AwsSettings, stack: string): Promise<void> {
  await asUserError(Promise.all([logIn({ settings, stack }), checkEndpoints({ settings, stack })]));
}

/**
 * Before a stack is removed that has parts in AWS: the plugin has to be there, and somebody logged in. Settings that were changed meanwhile
 * do not matter: pulumi's state knows where the parts are.
 * @throws UserError; nothing was removed
 */
export async function checkAwsRemoval(stack: Stack, context: Context): Promise<void> {
  await ensurePulumi(context.env, new Steps(context.stderr), ["aws"]);
  const file = await SettingsFile.read(stack.settingsPath).catch(() => undefined);
  const settings = file?.complete === true ? checkSettings(file.raw).settings : undefined;
  if (settings === undefined) return;
  await checkAws(settings.aws, stack.name).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    const problem = error.message.replaceAll("./nitro up", "./nitro down");
    throw new UserError(`${problem}\nnothing was removed: the stack has a ledger and a role in AWS`, "gone for good? docs/aws-mode.md");
  });
}

/** AWS's refusals are for the user to mend. */
export async function asUserError<T>(work: Promise<T>): Promise<T> {
  return await work.catch((error: unknown) => {
    throw error instanceof AwsError ? new UserError(error.message) : error;
  });
}
