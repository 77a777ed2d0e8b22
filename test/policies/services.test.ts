import { expect, test } from "vitest";
import { policies } from "../../policies/all.ts";
import { evaluate } from "../../policies/policy.ts";
import { secret, unknown } from "../../policies/values.ts";

const type = "docker:index/service:Service";
const containerSpec = { image: `localhost/nitro/base:${"0a".repeat(8)}`, env: { ADDR: "0.0.0.0:80", TOKEN: secret, API_KEY: unknown } };
const sound = { containerSpec, resources: { limits: { memoryBytes: 268435456 } }, networksAdvanceds: [{ name: "n" }] };

function findings(taskSpec: unknown, endpointSpec: object = { mode: "dnsrr" }, name = "service-service"): string[] {
  return evaluate(policies, [{ type, name, props: { taskSpec, endpointSpec } }]).map(({ policy }) => policy);
}

test("a service that is declared as ours are keeps every policy, and one that is not known yet breaks none", () => {
  expect(findings(sound)).toEqual([]);
  expect(findings(unknown)).toEqual([]);
  expect(
    findings({ ...sound, containerSpec: { ...containerSpec, image: unknown }, resources: { limits: { memoryBytes: unknown } } }),
  ).toEqual([]);
});

test.each([
  ["pinned-images", { ...sound, containerSpec: { ...containerSpec, image: "redis:7" } }],
  ["memory-limits", { ...sound, resources: {} }],
  ["unprivileged", { ...sound, containerSpec: { ...containerSpec, capAdds: ["SYS_ADMIN"] } }],
  ["own-namespaces", { ...sound, networksAdvanceds: [{ name: "host" }] }],
  ["no-engine-socket", { ...sound, containerSpec: { ...containerSpec, mounts: [{ type: "bind", source: "/var/run", target: "/x" }] } }],
  ["marked-secrets", { ...sound, containerSpec: { ...containerSpec, env: { TOKEN: "abc" } } }],
])("%s", (policy, taskSpec) => {
  expect(findings(taskSpec)).toEqual([policy]);
});

test("what a service publishes is beyond loopback; the registry may", () => {
  const published = { ports: [{ targetPort: 80, publishedPort: 80, publishMode: "host" }] };
  expect(findings(sound, published)).toEqual(["loopback-only"]);
  expect(findings(sound, published, "registry-service")).toEqual([]);
});
