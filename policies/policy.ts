import { asContainer } from "./service-view.ts";

/** A resource as a program declares it. */
export interface Declared {
  /** Pulumi's type token, such as `docker:index/container:Container`. */
  readonly type: string;
  readonly name: string;
  /** Its inputs: plain values, where a secret is `secret` and what is not known yet is `unknown` (both in values.ts). */
  readonly props: Readonly<Record<string, unknown>>;
}

/** One rule that resources keep. */
export interface Policy {
  readonly name: string;
  /** What has to hold, in one sentence. */
  readonly description: string;
  /**
   * @returns what breaks the rule, a sentence each, with the value seen and what is allowed; no value of a secret. What is not known yet
   * breaks no rule.
   */
  check(resource: Declared): string[];
}

/** A broken rule. */
export interface Finding {
  readonly policy: string;
  readonly type: string;
  /** The resource's name. */
  readonly resource: string;
  readonly message: string;
}

/** Everything that breaks a rule, in the order of the resources; a swarm's services count as containers. Pure. */
export function evaluate(policies: readonly Policy[], resources: readonly Declared[]): Finding[] {
  return resources.flatMap((resource) =>
    policies.flatMap((policy) =>
      policy
        .check(asContainer(resource))
        .map((message) => ({ policy: policy.name, type: resource.type, resource: resource.name, message })),
    ),
  );
}

/** A finding in one line, for people. */
export function findingLine({ policy, resource, message }: Finding): string {
  return `${resource}: ${message} (policy ${policy})`;
}
