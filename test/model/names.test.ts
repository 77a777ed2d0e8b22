import { expect, test } from "vitest";
import {
  configName,
  configOwner,
  isConfigOf,
  portBase,
  publishedRoles,
  stackNameProblem,
  stackNames,
  stackPorts,
  validStackName,
} from "../../model/names.ts";

test.each(["alice", "a", "a-b-1", "0ne", "x".repeat(24)])("stack name %s is allowed", (name) => {
  expect(stackNameProblem(name)).toBeUndefined();
});

test.each(["", "Alice", "a--b", "-a", "a-", "a_b", "x".repeat(25), "a.b"])("stack name %j is refused with an example", (name) => {
  expect(stackNameProblem(name)).toMatch(/is not allowed: use 1 to 24 .* for example "[a-z0-9-]+"$/);
});

test("the template of settings is nobody's stack", () => {
  expect(stackNameProblem("dev")).toContain("Pulumi.dev.yaml");
  expect(validStackName("dev")).toBe("my-stack");
});

test.each([
  ["Alice.O'Neil", "alice-o-neil"],
  ["DOMAIN\\user", "domain-user"],
  ["__", "my-stack"],
  [`${"a".repeat(23)}-b`, "a".repeat(23)],
])("login name %j becomes stack %j", (login, stack) => {
  expect(validStackName(login)).toBe(stack);
  expect(stackNameProblem(validStackName(login))).toBeUndefined();
});

test("ports follow the name alone and lie in 20000 to 29999", () => {
  expect(portBase("alice")).toBe(portBase("alice"));
  for (const name of ["alice", "bob", "carol", "x"]) {
    expect(portBase(name) % 10).toBe(0);
    expect(portBase(name)).toBeGreaterThanOrEqual(20000);
    expect(portBase(name)).toBeLessThan(30000);
  }
  const ports = Object.values(stackPorts(20000));
  expect(new Set(ports).size).toBe(publishedRoles.length);
  expect(Math.max(...ports)).toBeLessThan(20010);
});

test("the longest stack name keeps within what QLDB and S3 allow", () => {
  const names = stackNames("x".repeat(24));
  expect(names.ledgerName).toMatch(/^(?!.*--)(?![0-9]+$)(?!-)(?!.*-$)[A-Za-z0-9-]{1,32}$/);
  for (const bucket of Object.values(names.buckets)) expect(bucket).toMatch(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/);
});

/** Names by kind of thing: those of different kinds may be the same. */
function namesByKind(stack: string): Record<string, readonly string[]> {
  const { containers, volumes, network, ledgerName, qldbRoleName, buckets } = stackNames(stack);
  return {
    containers: Object.values(containers),
    volumes: Object.values(volumes),
    networks: [network],
    ledgers: [ledgerName],
    roles: [qldbRoleName],
    buckets: Object.values(buckets),
  };
}

/** Words that names end in, and some others: what is most likely to meet. */
const words = [
  ...new Set(
    Object.values(namesByKind("x"))
      .flat()
      .flatMap((name) => name.split("-").slice(2)),
  ),
  ...["public", "nitro", "x", "y"],
];

/** All stack names of up to three of these words. */
const stacks = [words, words, words]
  .reduce<string[]>((shorter, more) => [...more, ...shorter.flatMap((name) => more.map((word) => `${name}-${word}`))], [])
  .filter((name) => stackNameProblem(name) === undefined);

test("no two names of any two stacks meet", () => {
  expect(stacks.length).toBeGreaterThan(2_000);
  const holders = new Map<string, string>();
  for (const stack of new Set(stacks)) {
    for (const [kind, names] of Object.entries(namesByKind(stack))) {
      for (const name of names) {
        const key = `${kind} ${name}`;
        expect(holders.get(key), `${key} of ${stack}`).toBeUndefined();
        holders.set(key, stack);
      }
    }
  }
});

test("a config is of the part that it is named after, and of no stack whose name begins alike", () => {
  const config = configName("slow-swarm", "worker", "0123456789abcdef");
  expect(config).toBe("nitro-slow-swarm-worker-0123456789abcdef");
  expect(configOwner(config)).toBe("nitro-slow-swarm-worker");
  expect([isConfigOf("slow-swarm", config), isConfigOf("slow", config), isConfigOf("swarm", config)]).toEqual([true, false, false]);
  expect(isConfigOf("slow", configName("slow", "key-feeder", "0123456789abcdef"))).toBe(true);
  expect([configOwner("somebody's"), isConfigOf("slow", "somebody's")]).toEqual([undefined, false]);
});
