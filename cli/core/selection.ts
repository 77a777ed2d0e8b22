import { UserError } from "../../common/errors.ts";
import { loginName } from "../../common/person.ts";
import { stackNameProblem, validStackName } from "../../model/names.ts";

/** Pulumi keeps the settings of stack dev in Pulumi.dev.yaml: the template, which is everybody's. */
const template = "dev";

/**
 * The stack that a command is about: the option -s, else $NITRO_STACK, else the login name made valid.
 * @throws UserError where a given name is not allowed
 */
export function selectStack(option: string | undefined, env: NodeJS.ProcessEnv): string {
  const given = option ?? (env.NITRO_STACK || undefined);
  if (given === undefined) {
    const name = validStackName(loginName(env));
    return name === template ? "developer" : name;
  }
  const problem = stackNameProblem(given);
  if (problem !== undefined) throw new UserError(problem);
  if (given === template) {
    throw new UserError(
      `stack name "${template}" is taken: Pulumi.dev.yaml is the template of all stacks`,
      "use another stack name: -s <name>",
    );
  }
  return given;
}
