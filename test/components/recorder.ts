import { createHash } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";

/** A resource as the program declared it. */
export interface Recorded {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/**
 * Records every resource that a program declares; a provider function nobody expects is an error.
 * @param program gets what is declared so far
 * @returns the resources, in the order of their declaration
 */
export async function recordResources(
  stack: string,
  dryRun: boolean,
  program: (recorded: readonly Recorded[]) => unknown,
): Promise<Recorded[]> {
  const recorded: Recorded[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        recorded.push({ type, name, inputs });
        const state = { ...inputs };
        if (type === "random:index/randomPassword:RandomPassword") state.result = `made-${name}`;
        if (type === "aws:qldb/ledger:Ledger") state.arn = `arn:aws:qldb:eu-west-1:123456789012:ledger/${inputs.name}`;
        if (type === "aws:iam/role:Role") state.arn = `arn:aws:iam::123456789012:role/${inputs.name}`;
        if (type === "docker:index/remoteImage:RemoteImage") state.imageId = `sha256:${createHash("sha256").update(name).digest("hex")}`;
        return { id: `${name}-id`, state };
      },
      call: ({ token }) => {
        throw new Error(`unexpected call of ${token}`);
      },
    },
    "nitro",
    stack,
    dryRun,
  );
  await program(recorded);
  return recorded;
}

/** Waits for an output's value. */
export function resolved<T>(output: pulumi.Output<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => pulumi.output(output).apply((value) => resolve(value)));
}
