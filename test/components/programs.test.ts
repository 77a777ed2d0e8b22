import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import type { AwsStack } from "../../components/aws-ledger.ts";
import { stackVariables } from "../../model/program-settings.ts";
import { parseSettings } from "../../model/settings.ts";
import type { Configuration } from "../../stacks/configuration.ts";
import type { PreparedStack } from "../../stacks/prepare.ts";
import { programArgs } from "../../stacks/program-args.ts";
import { executableHash, preparedStack } from "./prepared.ts";
import { type Recorded, recordResources, resolved } from "./recorder.ts";

const hash = executableHash;
const none = { service: [], worker: [] };

type Raw = Readonly<Record<string, unknown>>;

interface Declared extends Partial<Pick<PreparedStack, "programs" | "executable">> {
  readonly aws?: AwsStack["settings"];
}

function prepared(raw: Raw, { programs, executable }: Declared): PreparedStack {
  const texts = Object.entries(raw).map(([key, value]) => [`nitro:${key}`, JSON.stringify(value)]);
  return preparedStack(Object.fromEntries(texts), { ...(programs && { programs }), ...(executable && { executable }) });
}

/** The inputs of a container that settings change. */
interface ContainerInputs {
  readonly command: readonly string[];
  readonly envs: readonly string[];
  readonly memory: number;
  readonly tmpfs: Readonly<Record<string, string>>;
  readonly ulimits?: readonly object[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly labels: readonly { label: string; value: string }[];
  readonly networksAdvanced: readonly { aliases: readonly string[] }[];
  readonly volumes: readonly { hostPath?: string; containerPath: string; readOnly: boolean }[];
}

/** Declares a stack. @returns its containers, by the role */
async function declare(raw: Raw, declared: Declared = {}): Promise<Record<string, ContainerInputs>> {
  const resources = await recordResources("alice", false, async () => {
    const { DeveloperStack } = await import("../../stacks/developer.ts");
    const args = prepared(raw, declared);
    const { AwsLedger } = await import("../../components/aws-ledger.ts");
    const identity = { account: "123456789012", arn: "arn:aws:iam::123456789012:user/alice" };
    const aws = declared.aws && { settings: declared.aws, identity, open: async () => {} };
    const awsLedger = aws && new AwsLedger("ledger", { context: args.context, aws });
    await awsLedger?.ready;
    const stack = new DeveloperStack("nitro", { ...args, awsLedger });
    await resolved(pulumi.all([stack.outputs.service, stack.outputs.worker]));
  });
  const containers = resources.filter(({ type }) => type === "docker:index/container:Container");
  return Object.fromEntries(containers.map(({ name, inputs }: Recorded) => [name.replace("-container", ""), inputs])) as never;
}

const diff = (before: Record<string, ContainerInputs>, after: Record<string, ContainerInputs>) =>
  Object.keys(before).filter((role) => JSON.stringify(before[role]) !== JSON.stringify(after[role]));
const names = (container: ContainerInputs | undefined) => (container?.envs ?? []).map((line) => line.slice(0, line.indexOf("=")));

let before: Record<string, ContainerInputs> = {};

beforeAll(async () => {
  before = await declare({});
});

describe("each setting changes the containers that it is about", () => {
  test.each([
    [["service"], { service: { env: { A: "1" } } }],
    [["worker"], { worker: { env: { A: "1" } } }],
    [["service"], { service: { args: ["serve"] } }],
    [["service"], { service: { writable: ["/cache"] } }],
    [["worker"], { worker: { ulimits: { nofile: 65536 } } }],
    [["service"], { memory: { service: 1024 } }],
    [["key-feeder"], { memory: { "key-feeder": 512 } }],
    [["ledger", "redis"], { memory: { redis: 512, ledger: 4096, worker: 256 } }],
    [["worker"], { worker: { args: [] } }],
    [["key-feeder", "service", "worker"], { service: { host: "payments.example.com" } }],
    [["service"], { payout: { custodians: ["dryrun-*"] } }],
    [[], { payout: { custodian: "zebpay", currency: "USD", from: "me" } }],
  ] as const)("%s by %j", async (roles, raw) => {
    expect(diff(before, await declare(raw)).sort()).toEqual(roles);
  });

  test("service or worker alone by a file, by another one in its place, and not by what is in a folder", async () => {
    const settings = parseSettings({}, "alice");
    const mounted = (mounts: Configuration["mounts"]) => declare({}, { programs: programArgs(settings, { mounts }, () => false) });
    const file = { host: "/host/key.pem", path: "/etc/key.pem" };
    const folder = await mounted({ ...none, worker: [{ host: "/host/certs", path: "/etc/certs" }] });
    expect(diff(before, folder)).toEqual(["worker"]);
    expect(folder.worker?.volumes).toContainEqual({ hostPath: "/host/certs", containerPath: "/etc/certs", readOnly: true });
    expect(folder.worker?.labels.map(({ label }) => label)).not.toContain("nitro.files");
    const one = await mounted({ ...none, service: [{ ...file, content: "11" }] });
    expect(diff(before, one)).toEqual(["service"]);
    expect(diff(one, await mounted({ ...none, service: [{ ...file, content: "22" }] }))).toEqual(["service"]);
  });
});

test("limits and folders to write to are given to the engine as they are set, and by default a container is what it was before there were any", async () => {
  const raw = { service: { writable: ["/cache"], ulimits: { nofile: "1024:65536" } }, memory: { service: 1024 } };
  const { service } = await declare(raw);
  expect(service).toMatchObject({ memory: 1024, ulimits: [{ name: "nofile", soft: 1024, hard: 65536 }] });
  const inMemory = before.service?.tmpfs["/tmp"];
  // The engine keeps the mode of a folder that the image has: it has to be the programs' own.
  expect(service?.tmpfs).toEqual({ "/tmp": inMemory, "/cache": `${inMemory},uid=1000,gid=1000` });
  const mounts = { ...none, worker: [{ host: "/host/out", path: "/out", writable: true }] };
  const { worker } = await declare({}, { programs: programArgs(parseSettings({}, "alice"), { mounts }, () => false) });
  expect(worker?.volumes).toContainEqual({ hostPath: "/host/out", containerPath: "/out", readOnly: false });
  expect(before.service).toMatchObject({ memory: 512, tmpfs: { "/tmp": expect.any(String) } });
  expect(Object.keys(before.service ?? {})).not.toContain("ulimits");
});

test("variables follow the stack's own, arguments take the place of the default ones", async () => {
  const { service, worker } = await declare({
    service: { env: { A: "x y" }, args: ["serve", "--verbose"] },
    payout: { custodians: ["dryrun-*", "a"], custodian: "a" },
  });
  expect(service?.envs.at(-1)).toBe("A=x y");
  expect(service?.envs).toContain("PAYMENT_CUSTODIANS=dryrun-*,a");
  expect(service?.command).toEqual([hash, "serve", "--verbose"]);
  expect(worker?.command).toEqual([hash, "serve", "payments", "worker"]);
  const image = { id: "sha256:team", entrypoint: ["/app/payments"] };
  const foreign = await declare({ worker: { args: ["work"] } }, { executable: { sha256: hash, image } });
  expect(foreign.worker?.command).toEqual(["work"]);
});

test("the service listens where clients of its name ask, without a capability", async () => {
  const { service, worker, "key-feeder": keyFeeder } = await declare({ service: { host: "payments.example.com" } });
  expect(service?.networksAdvanced[0]?.aliases).toEqual(["service", "payments.example.com"]);
  expect(service?.envs).toContain("ADDR=0.0.0.0:80");
  expect(service?.sysctls).toEqual({ "net.ipv4.ip_unprivileged_port_start": "0" });
  expect(worker?.sysctls).toBeUndefined();
  expect(worker?.envs).toContain("NITRO_API_BASE=http://payments.example.com");
  expect(keyFeeder?.envs).toContain("SERVICE_HOST=payments.example.com");
  const plain = await declare({ service: { host: "service" } });
  expect(plain.service?.networksAdvanced[0]?.aliases).toEqual(["service"]);
});

test("where a part of a key is encrypted, every variable and argument of that role is a secret", async () => {
  await recordResources("alice", false, () => {});
  const settings = parseSettings({ "nitro:service": '{"env":{"A":"1"},"args":["x"]}', "nitro:worker": '{"env":{"B":"1"}}' }, "alice");
  const { service, worker } = programArgs(settings, { mounts: none }, (key) => key === "nitro:service");
  const secret = async (value: pulumi.Input<string> | undefined) => pulumi.isSecret(pulumi.output(value));
  expect(await Promise.all([service.env.A, service.args?.[0], worker.env.B].map(secret))).toEqual([true, true, false]);
});

test("settings may set no variable that a stack sets, in any ledger mode", async () => {
  const endpoints = { sts: "https://sts.example.com", qldb: "https://qldb.example.com", qldbSession: "https://session.example.com" };
  const aws = await declare({}, { aws: { region: "eu-west-1", endpoints } });
  const custodians = await declare({ payout: { custodians: ["dryrun-*"] } });
  const tls = await declare({ redis: { tls: true } });
  for (const role of ["service", "worker"] as const) {
    const set = new Set([before, aws, custodians, tls].flatMap((containers) => names(containers[role])));
    // Whose further authorities may be the program's own: settings may say more folders than the stack does.
    set.delete("SSL_CERT_DIR");
    expect([...stackVariables[role]].sort(), role).toEqual([...set].sort());
  }
});

test("redis.tls: Redis speaks TLS alone at the same port, and who uses it is told; nothing else changes", async () => {
  const { redis, worker, service, "key-feeder": feeder, ...others } = await declare({ redis: { tls: true } });
  const { redis: _, worker: __, service: ___, "key-feeder": ____, ...same } = before;
  expect(others).toEqual(same);
  expect(redis?.command.at(-1)).toContain(" --port 0 --tls-port 6380 --tls-cert-file /tls/server.pem --tls-key-file /tls/server.pem ");
  expect(redis?.volumes).toContainEqual({ volumeName: "nitro-alice-tls", containerPath: "/tls", readOnly: true });
  expect(before.redis?.command.at(-1)).toContain(" --port 6380 ");
  expect(before.redis?.volumes).toHaveLength(1);
  const news = (role: "worker" | "service" | "key-feeder", now: typeof redis) =>
    now?.envs.filter((line) => !before[role]?.envs.includes(line));
  const trusted = "SSL_CERT_DIR=/etc/ssl/certs:/payments/payment-test/secrets";
  expect(news("worker", worker)).toEqual(["REDIS_TLS=1", trusted]);
  expect(news("service", service)).toEqual([trusted]);
  expect(news("key-feeder", feeder)).toEqual(["REDIS_TLS=1"]);
  const own = await declare({ redis: { tls: true }, worker: { env: { SSL_CERT_DIR: "/certs" } } });
  expect(own.worker?.envs).toContain("SSL_CERT_DIR=/certs");
});
