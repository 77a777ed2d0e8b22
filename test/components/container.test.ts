import { expect, test } from "vitest";
import { type ContainerArgs, saidOtherwise, stackContainer } from "../../components/container.ts";
import type { PartContext } from "../../components/part-context.ts";
import { labels, stackNames } from "../../model/names.ts";
import { recordResources, resolved } from "./recorder.ts";

const context = { names: stackNames("alice"), labels: () => [] } as unknown as PartContext;

/** @returns the value of the label that stands for what engines give back in other words, and all inputs */
async function declared(args: Partial<ContainerArgs>) {
  const whole: ContainerArgs = { role: "service", image: "sha256:0", check: { command: ["sh", "-c", "a | b"] }, memory: 64, ...args };
  const [container] = await recordResources("alice", false, async () => {
    await resolved(stackContainer(context, whole, {}).id);
  });
  const inputs = container?.inputs ?? {};
  const made = (inputs.labels as { label: string; value: string }[]).find(({ label }) => label === labels.made)?.value;
  return { made, inputs };
}

test("a change of an input that Pulumi is told to pass over changes a label, which makes another container", async () => {
  const { made, inputs } = await declared({});
  expect(made).toMatch(/^memory 64, [0-9a-f]{16}$/);
  expect((await declared({ workingDir: "/" })).made).toBe(made);
  const ulimits = [{ name: "nofile", soft: 64, hard: 64 }];
  const changes = [{ lowPort: true }, { tmpfs: { "/x": "size=1m" } }, { memory: 65 }, { ulimits }];
  const all = new Set([made]);
  for (const change of changes) all.add((await declared(change)).made);
  expect(all.size).toBe(5);
  expect((await declared({ ulimits, tmpfs: { "/x": "size=1m" } })).made).toMatch(
    /^memory 64, tmpfs \/x, ulimit nofile 64:64, [0-9a-f]{16}$/,
  );
  expect(saidOtherwise.filter((name) => inputs[name] === undefined)).toEqual(["sysctls", "ulimits"]);
});

test("a health check is one line for a shell", async () => {
  const { inputs } = await declared({});
  expect(inputs.healthcheck).toMatchObject({ tests: ["CMD-SHELL", "sh -c 'a | b'"] });
});
