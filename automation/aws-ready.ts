import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { Steps } from "../common/steps.ts";
import { ConfigError, parseSettings, type Settings } from "../model/settings.ts";
import type { StackConfig } from "../model/settings-file.ts";
import { AwsError, checkEndpoints, logIn } from "../stacks/aws/login.ts";
import { ensurePulumi } from "../toolchain/setup.ts";
import type { Stack } from "./stack.ts";

/** @returns a stack's settings, all of them. @throws UserError with every problem */
export async function readSettings(config: StackConfig, stack: string): Promise<Settings> {
  try {
    return parseSettings(await config.raw(), stack);
  } catch (error) {
    throw error instanceof ConfigError ? new UserError(error.message) : error;
  }
}

/**
 * For ledger mode aws: looks at settings, credentials and endpoints before anything is installed, built or created.
 * @throws UserError
 */
export async function checkAws(config: StackConfig, stack: string): Promise<void> {
  const settings = (await readSettings(config, stack)).aws;
  await asUserError(Promise.all([logIn({ settings, stack }), checkEndpoints({ settings, stack })]));
}

/**
 * Before a stack is removed that has parts in AWS: the plugin has to be there, and somebody logged in. Settings that were changed meanwhile
 * do not matter: pulumi's state knows where the parts are.
 * @throws UserError; nothing was removed
 */
export async function checkAwsRemoval(stack: Stack, context: Context): Promise<void> {
  await ensurePulumi(context.env, new Steps(context.stderr), ["aws"]);
  const settings = await readSettings(stack.config, stack.name).catch(() => undefined);
  if (settings === undefined) return;
  const access = { settings: settings.aws, stack: stack.name };
  await asUserError(Promise.all([logIn(access), checkEndpoints(access)])).catch((error: unknown) => {
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
