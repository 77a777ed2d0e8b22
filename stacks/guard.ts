import * as pulumi from "@pulumi/pulumi";
import { type Declared, evaluate, type Finding, findingLine, type Policy } from "../policies/policy.ts";
import { type DeclaredValues, declaredValues } from "./declared-values.ts";

/**
 * Holds every resource of a stack to policies, in the program itself: whatever runs it, nothing is created that breaks one. It costs no
 * process and no call, so that a swap does not get slower.
 */
export class Guard {
  /** For the options of the component that holds the stack: its resources inherit it. */
  readonly transformation: pulumi.ResourceTransformation;
  private readonly policies: readonly Policy[];
  private readonly declarations: DeclaredValues[] = [];
  /** A resource below the stack's component inherits from it and from Pulumi's own root. */
  private readonly followed = new WeakSet<object>();
  private readonly allDeclared = Promise.withResolvers<void>();
  private readonly firstFinding = Promise.withResolvers<never>();

  constructor(policies: readonly Policy[]) {
    this.policies = policies;
    this.transformation = (args) => this.follow(args);
    // Nobody may be listening.
    this.firstFinding.promise.catch(() => {});
  }

  /** What is declared, as far as it is known without waiting for anything. */
  resources(): Promise<Declared[]> {
    return Promise.all(this.declarations.map((declaration) => declaredValues(declaration, "now")));
  }

  /** Nothing begins. @param error why; whoever waits for resources gets it */
  refuse(error: unknown): void {
    this.allDeclared.reject(error);
    this.firstFinding.reject(error);
  }

  /**
   * Lets Pulumi begin, where all that is known of the resources keeps the policies. Called once, when all of them are declared.
   * @throws RunError with every finding
   */
  async open(): Promise<void> {
    try {
      enforce(evaluate(this.policies, await this.resources()), "nothing was changed");
      this.allDeclared.resolve();
    } catch (error) {
      this.refuse(error);
      throw error;
    }
  }

  /**
   * Whatever waits for resources ends with the finding where one of them turns out to break a policy: that one never comes.
   * @throws RunError with the finding
   */
  orFinding<T>(work: Promise<T>): Promise<T> {
    return Promise.race([work, this.firstFinding.promise]);
  }

  /** A resource waits for the others' declaration, and for its own values: some are known only when other resources are there. */
  private follow({ resource, type, name, props, opts }: pulumi.ResourceTransformationArgs) {
    // Components create nothing; and Pulumi waits for ever for the outputs of one that is not registered (sdk/nodejs, registerResourceOutputs).
    if (resource instanceof pulumi.ComponentResource || this.followed.has(resource)) return undefined;
    this.followed.add(resource);
    const declaration = { type, name, props };
    this.declarations.push(declaration);
    const checked = this.allDeclared.promise.then(() => this.complete(declaration));
    return { props, opts: pulumi.mergeOptions(opts, { dependsOn: checked }) };
  }

  private async complete(declaration: DeclaredValues): Promise<pulumi.Resource[]> {
    const findings = evaluate(this.policies, [await declaredValues(declaration, "ever")]);
    try {
      enforce(findings, `${declaration.name} was not touched`);
    } catch (error) {
      this.firstFinding.reject(error);
      throw error;
    }
    return [];
  }
}

function enforce(findings: readonly Finding[], effect: string): void {
  if (findings.length === 0) return;
  const what = findings.length === 1 ? "a policy is broken" : `policies are broken, ${findings.length} times`;
  throw new pulumi.RunError([`${what}; ${effect}:`, ...findings.map((finding) => `  - ${findingLine(finding)}`), help].join("\n"));
}

const help = "what each policy asks for, and how to keep it: docs/policies.md";

/** For previews: sees every resource and stops none. */
export function observer(onResource: (declared: Promise<Declared>) => void): pulumi.ResourceTransformation {
  const seen = new WeakSet<object>();
  return ({ resource, type, name, props }) => {
    if (resource instanceof pulumi.ComponentResource || seen.has(resource)) return undefined;
    seen.add(resource);
    onResource(declaredValues({ type, name, props }, "ever"));
    return undefined;
  };
}
