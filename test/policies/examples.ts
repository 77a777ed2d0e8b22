import { expect, test } from "vitest";
import type { Policy } from "../../policies/policy.ts";
import { containerType } from "../../policies/values.ts";

/** A container that keeps every policy. */
export const soundContainer = {
  image: `localhost/nitro/base:${"0a".repeat(8)}`,
  memory: 256,
  envs: ["ADDR=0.0.0.0:18080", "[secret]"],
  ports: [{ internal: 18080, external: 20000, ip: "127.0.0.1" }],
  capabilities: { drops: ["ALL"] },
  securityOpts: ["no-new-privileges:true"],
  networkMode: "bridge",
  networksAdvanced: [{ name: "nitro-alice" }],
  volumes: [
    { hostPath: "/home/alice/nitro/.nitro/alice/bin", containerPath: "/nitro/bin", readOnly: true },
    { volumeName: "nitro-alice-keys", containerPath: "/keys" },
  ],
};

type Props = Readonly<Record<string, unknown>>;

/** A name, what differs from a sound container, and what the messages have to say, one pattern each. */
export type Failing = readonly [name: string, props: Props, ...messages: RegExp[]];
export type Passing = readonly [name: string, props: Props];

/** Tests a policy: sound containers pass, each example fails by its messages, resources of other types do not count. */
export function testContainerPolicy(policy: Policy, fails: readonly Failing[], passes: readonly Passing[] = []): void {
  const check = (props: object, type = containerType) => policy.check({ type, name: "it", props: { ...soundContainer, ...props } });

  test("a sound container passes", () => expect(check({})).toEqual([]));

  for (const [name, props, ...messages] of fails)
    test(`fails: ${name}`, () => {
      const found = check(props);
      expect(found).toHaveLength(messages.length);
      for (const [index, pattern] of messages.entries()) expect(found[index]).toMatch(pattern);
    });

  for (const [name, props] of passes) test(`passes: ${name}`, () => expect(check(props)).toEqual([]));
}
