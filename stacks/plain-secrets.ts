import { secretShape, secretVariable } from "../policies/secret-looks.ts";

/**
 * What the policy `marked-secrets` would refuse, told by the setting and before anything is under way.
 * @param env variables of a role that are not encrypted
 * @returns a problem each, without the value
 */
export function plainSecrets(stack: string, role: string, env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).flatMap(([name, value]) => {
    const shape = secretShape(value) ?? (secretVariable(`${name}=${value}`) === undefined ? undefined : "a secret, by its name,");
    if (shape === undefined) return [];
    const setting = `nitro:${role}.env.${name}`;
    return [
      `${setting} holds ${shape} in plain text: pulumi config set --stack ${stack} --secret --path ${setting} <value> (after eval "$(./nitro env)")`,
    ];
  });
}
