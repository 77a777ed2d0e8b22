import * as pulumi from "@pulumi/pulumi";

/** Name of the file, in the root folder of a volume that one container alone mounts. */
const name = ".secrets";

/** @param folder where the container has the volume */
export function secretsPath(folder: string): string {
  return `${folder}/${name}`;
}

/**
 * What `node --env-file` reads (https://nodejs.org/api/environment_variables.html): for programs of ours, whose environment nobody sees then.
 * @param variables without single quotes and line breaks; JSON has neither after `quotable`
 * @returns a secret, where one of them is
 */
export function environmentFile(variables: Readonly<Record<string, pulumi.Input<string>>>): pulumi.Output<string> {
  return pulumi.output(variables).apply((values) =>
    Object.entries(values)
      .map(([variable, value]) => `${variable}='${value}'\n`)
      .join(""),
  );
}

/** @returns the same JSON without single quotes */
export function quotable(json: string): string {
  return json.replaceAll("'", "\\u0027");
}
