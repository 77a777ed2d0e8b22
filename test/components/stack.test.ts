import * as pulumi from "@pulumi/pulumi";
import { beforeAll, describe, expect, test } from "vitest";
import type { SecretsFile } from "../../components/context.ts";
import type { PartContext } from "../../components/part-context.ts";
import { type Role, roles } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { policies } from "../../policies/all.ts";
import { markedSecrets } from "../../policies/marked-secrets.ts";
import { Guard } from "../../stacks/guard.ts";
import type { PreparedStack } from "../../stacks/prepare.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { executableHash, preparedStack } from "./prepared.ts";
import { type Recorded, recordResources, resolved } from "./recorder.ts";

const hash = executableHash;
const mounted = { sha256: hash, folder: "/host/.nitro/alice/bin" };
const operator = { name: "test-operator", privateKey: "pem", publicKey: "ssh-ed25519 AAAA test-operator", share: "c2hhcmU=" };
const waited: string[] = [];
const put = new Map<string, SecretsFile>();

function prepared(executable: PreparedStack["executable"] = mounted): PreparedStack {
  return preparedStack(
    {},
    {
      context: {
        healthy: async (role) => {
          waited.push(role);
        },
        operators: async () => ({ vault: "age1vault", operators: [operator], authority: "CA" }),
        putSecrets: async (file) => {
          put.set(file.role, file);
          return `mark of ${file.role}`;
        },
      },
      executable,
      secrets: pulumi.secret('{"key":"topsecret"}'),
    },
  );
}

let resources: Recorded[] = [];
let outputs: StackOutputs;
let secretOutputs: string[] = [];

beforeAll(async () => {
  resources = await recordResources("alice", false, async () => {
    const { DeveloperStack } = await import("../../stacks/developer.ts");
    // Mocks mark no output as secret: that the passwords are, test/e2e/preview.test.ts sees.
    const guard = new Guard(policies.filter((policy) => policy !== markedSecrets));
    const stack = new DeveloperStack("nitro", prepared(), { transformations: [guard.transformation] });
    // Throws where the stack breaks a policy.
    await guard.open();
    const entries = Object.entries(stack.outputs).map(
      async ([name, output]) => [name, await resolved(output as pulumi.Output<unknown>)] as const,
    );
    outputs = Object.fromEntries(await Promise.all(entries)) as unknown as StackOutputs;
    const secret = await Promise.all(
      Object.entries(stack.outputs).map(async ([name, output]) =>
        (await pulumi.isSecret(output as pulumi.Output<unknown>)) ? [name] : [],
      ),
    );
    secretOutputs = secret.flat();
  });
});

const ofType = (type: string) => resources.filter((resource) => resource.type === type);
const containers = () => ofType("docker:index/container:Container");

/** The inputs of a container that tests look at. */
interface ContainerInputs {
  readonly image: string;
  readonly labels: readonly { label: string; value: string }[];
  readonly command: readonly string[];
  readonly envs: readonly string[];
  readonly networksAdvanced: readonly { name: string; aliases: string[] }[];
  readonly ports: readonly { ip: string; internal: number; external: number }[];
  readonly volumes: readonly { volumeName?: string; hostPath?: string; readOnly: boolean }[];
}

const container = (role: Role): ContainerInputs => {
  const found = containers().find(({ name }) => name === `${role}-container`);
  if (found === undefined) throw new Error(`no container for ${role}`);
  return found.inputs as unknown as ContainerInputs;
};

test("a stack is a network, five volumes, four images, two secrets and six containers", () => {
  const counts = new Map<string, number>();
  for (const { type } of resources) counts.set(type, (counts.get(type) ?? 0) + 1);
  expect(Object.fromEntries([...counts].filter(([type]) => !type.startsWith("nitro:")))).toEqual({
    "docker:index/network:Network": 1,
    "docker:index/volume:Volume": 5,
    "docker:index/remoteImage:RemoteImage": 4,
    "docker:index/container:Container": 6,
    "random:index/randomPassword:RandomPassword": 2,
  });
});

test("images are never deleted with a stack", () => {
  for (const image of ofType("docker:index/remoteImage:RemoteImage")) expect(image.inputs.keepLocally).toBe(true);
});

test("everything in the engine has an explicit name and carries stack, role and owner", () => {
  for (const { type, name, inputs } of resources.filter((resource) => /container:|network:|volume:/.test(resource.type))) {
    expect(inputs.name, name).toMatch(/^nitro-alice(-|$)/);
    const labels = Object.fromEntries((inputs.labels as { label: string; value: string }[]).map(({ label, value }) => [label, value]));
    expect(labels, `${type} ${name}`).toMatchObject({
      "nitro.stack": "alice",
      "nitro.owner": "0123456789abcdef",
      "nitro.role": expect.any(String),
    });
  }
});

describe.each(["service", "redis", "localstack", "ledger", "key-feeder", "worker"] as const)("container %s", (role) => {
  test("runs unprivileged, read-only, limited, with an init process", () => {
    expect(container(role)).toMatchObject({
      user: "1000:1000",
      readOnly: true,
      init: true,
      capabilities: { drops: ["ALL"] },
      securityOpts: ["no-new-privileges:true"],
      restart: "unless-stopped",
      destroyGraceSeconds: 1,
      memory: expect.any(Number),
    });
  });

  test("is known by its role on the stack's network and publishes on loopback alone", () => {
    const { networksAdvanced, ports } = container(role);
    expect(networksAdvanced).toHaveLength(1);
    expect(networksAdvanced[0]?.name).toBe("nitro-alice");
    expect(networksAdvanced[0]?.aliases).toContain(role);
    for (const port of ports) expect(port.ip).toBe("127.0.0.1");
  });
});

test("ports follow the base", () => {
  const published = Object.fromEntries(
    containers().map(({ name, inputs }) => [
      name,
      (inputs.ports as { internal: number; external: number }[]).map(({ internal, external }) => [internal, external]),
    ]),
  );
  expect(published).toEqual({
    "service-container": [[80, 21000]],
    "redis-container": [[6380, 21001]],
    "localstack-container": [[4566, 21002]],
    "ledger-container": [[8080, 21003]],
    "key-feeder-container": [],
    "worker-container": [],
  });
});

test("LocalStack answers to every bucket's name, as AWS's SDKs ask for it", () => {
  const [network] = container("localstack").networksAdvanced;
  expect(network?.aliases).toEqual(
    expect.arrayContaining(["s3.localstack", "nitro-alice-config.s3.localstack", "nitro-alice-operator-shares.s3.localstack"]),
  );
});

const environment = (role: Role) =>
  Object.fromEntries(container(role).envs.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));

test("the service gets the environment of payments-service.md", () => {
  expect(container("service").command).toEqual([
    hash,
    ...["serve", "nitro", "inside-enclave", "--egress-address", "none", "--log-address", "none", "--upstream-url", "http://0.0.0.0:8080"],
  ]);
  expect(environment("service")).toEqual({
    NITRO_ENCLAVE_MOCKING: "1",
    ADDR: "0.0.0.0:80",
    DEBUG: "1",
    ENV: "development",
    ENVIRONMENT: "development",
    AWS_REGION: "us-west-2",
    AWS_ACCESS_KEY_ID: "NITROALICE0000000000",
    AWS_SECRET_ACCESS_KEY: "made-aws-secret-key",
    AWS_ENDPOINT_URL: "http://localstack:4566",
    AWS_ENDPOINT_URL_S3: "http://s3.localstack:4566",
    AWS_ENDPOINT_URL_QLDB_SESSION: "http://ledger:8080",
    AWS_ENDPOINT_URL_QLDB: "http://ledger:8080",
    QLDB_LEDGER_NAME: "nitro-alice",
    QLDB_LEDGER_ARN: "arn:aws:qldb:us-west-2:000000000000:ledger/nitro-alice",
    QLDB_ROLE_ARN: "arn:aws:iam::000000000000:role/nitro-alice-qldb",
    ENCLAVE_CONFIG_BUCKET_NAME: "nitro-alice-config",
    ENCLAVE_CONFIG_OBJECT_NAME: "secrets.age",
    ENCLAVE_OPERATOR_SHARES_BUCKET_NAME: "nitro-alice-operator-shares",
    ENCLAVE_SOLANA_ADDRESS_NAME: "",
  });
});

test("the ledger reaches the stack's S3, for exports", () => {
  expect(environment("ledger")).toEqual({
    LEDGER_NAME: "nitro-alice",
    LEDGER_DIR: "/data",
    LEDGER_HOST: "0.0.0.0",
    LEDGER_PORT: "8080",
    LEDGER_REGION: "us-west-2",
    LEDGER_ACCOUNT: "000000000000",
    LEDGER_TLS_FILE: "/tls/server.pem",
    AWS_REGION: "us-west-2",
    AWS_ACCESS_KEY_ID: "NITROALICE0000000000",
    AWS_ENDPOINT_URL: "http://localstack:4566",
    AWS_ENDPOINT_URL_S3: "http://s3.localstack:4566",
  });
});

test("the worker gets the environment of payments-service.md", () => {
  expect(container("worker").command).toEqual([hash, "serve", "payments", "worker"]);
  expect(environment("worker")).toEqual({
    NITRO_API_BASE: "http://nitro-payments.bsg.brave.software",
    REDIS_ADDR: "redis:6380",
    REDIS_USER: "default",
    REDIS_PASS: "made-redis-password",
    NITRO_ENCLAVE_MOCKING: "1",
    ENVIRONMENT: "development",
    DEBUG: "1",
  });
});

test("private keys are mounted by the key-feeder alone, public ones read-only by the service and the worker", () => {
  const mounts = (role: Role) => container(role).volumes;
  const withKeys = containers().filter(({ name }) =>
    mounts(name.replace("-container", "") as Role).some(({ volumeName }) => volumeName === "nitro-alice-keys"),
  );
  expect(withKeys.map(({ name }) => name)).toEqual(["key-feeder-container"]);
  for (const role of ["service", "worker"] as const) {
    expect(mounts(role)).toEqual([
      { volumeName: "nitro-alice-pubkeys", containerPath: "/payments/payment-test/secrets", readOnly: true },
      { hostPath: "/host/.nitro/alice/bin", containerPath: "/nitro/bin", readOnly: true },
    ]);
  }
});

test("the servers' certificate: written by the key-feeder, read by LocalStack and the ledger, seen by nobody else", () => {
  const mounts = containers().flatMap(({ name, inputs }) =>
    (inputs.volumes as ContainerInputs["volumes"]).flatMap(({ volumeName, readOnly }) =>
      volumeName === "nitro-alice-tls" ? [[name, readOnly]] : [],
    ),
  );
  expect(Object.fromEntries(mounts)).toEqual({ "localstack-container": true, "ledger-container": true, "key-feeder-container": false });
  const hosts = environment("key-feeder").TLS_HOSTS?.split(",");
  for (const host of ["127.0.0.1", "localhost", "::1", "redis", "localstack", "ledger", "nitro-alice-ledger", "s3.localstack"])
    expect(hosts).toContain(host);
  for (const host of ["nitro-alice-config.s3.localhost", "nitro-alice-config.s3.localstack"])
    expect(hosts).toContain(host.replace("nitro-alice-config", "*"));
  for (const host of ["nitro-alice-config.localhost", "nitro-alice-operator-shares.localstack"]) expect(hosts).toContain(host);
});

test("programs that can read a file get their secrets by one, before they are made; its mark makes another container", () => {
  expect(Object.fromEntries([...put].map(([role, { content }]) => [role, content]))).toEqual({
    redis: "requirepass made-redis-password\n",
    ledger: "AWS_SECRET_ACCESS_KEY='made-aws-secret-key'\n",
    "key-feeder": `AWS_SECRET_ACCESS_KEY='made-aws-secret-key'\nREDIS_PASS='made-redis-password'\nNITRO_SECRETS='{"key":"topsecret"}'\n`,
  });
  for (const [role, { image, volume, folder }] of put) {
    const reader = container(role as Role);
    expect(reader.image).toBe(image);
    expect(reader.volumes).toContainEqual({ volumeName: volume, containerPath: folder, readOnly: false });
    expect(reader.labels).toContainEqual({ label: "nitro.secrets", value: `mark of ${role}` });
    // A volume of its own: no other container mounts it.
    expect(containers().filter((other) => JSON.stringify(other.inputs.volumes).includes(`"${volume}"`))).toHaveLength(1);
  }
});

test("no environment holds a secret but those of service and worker, whose program knows no other way", () => {
  const secret = (role: Role) => container(role).envs.filter((line) => /made-|topsecret/.test(line));
  expect(Object.fromEntries(roles.map((role) => [role, secret(role).map((line) => line.split("=")[0])]))).toEqual({
    service: ["AWS_SECRET_ACCESS_KEY"],
    worker: ["REDIS_PASS"],
    redis: [],
    localstack: [],
    ledger: [],
    "key-feeder": [],
  });
});

test("no command line holds a secret", () => {
  for (const { inputs } of containers()) {
    expect(JSON.stringify([inputs.command, inputs.healthcheck, inputs.labels])).not.toMatch(/made-|topsecret/);
  }
});

test("every part is waited for", () => {
  expect(new Set(waited)).toEqual(new Set(["redis", "localstack", "ledger", "key-feeder", "service", "worker"]));
  const order = containers().map(({ name }) => name);
  expect(order.indexOf("key-feeder-container")).toBeGreaterThan(
    Math.max(order.indexOf("redis-container"), order.indexOf("localstack-container")),
  );
  expect(order.indexOf("service-container")).toBeGreaterThan(order.indexOf("key-feeder-container"));
});

test("the outputs are the contract", () => {
  expect(outputs).toEqual({
    serviceUrl: "http://127.0.0.1:21000",
    serviceHost: "nitro-payments.bsg.brave.software",
    redisUrl: "redis://default:made-redis-password@127.0.0.1:21001",
    aws: { region: "us-west-2", accessKeyId: "NITROALICE0000000000", secretAccessKey: "made-aws-secret-key" },
    operators: [operator],
    vaultPublicKey: "age1vault",
    localstackUrl: "http://127.0.0.1:21002",
    localstackHttpsUrl: "https://127.0.0.1:21002",
    ledgerEndpoint: "http://127.0.0.1:21003",
    ledgerHttpsEndpoint: "https://127.0.0.1:21003",
    caCertificate: "CA",
    ledgerName: "nitro-alice",
    ledgerArn: "arn:aws:qldb:us-west-2:000000000000:ledger/nitro-alice",
    qldbRoleArn: "arn:aws:iam::000000000000:role/nitro-alice-qldb",
    buckets: { config: "nitro-alice-config", shares: "nitro-alice-operator-shares" },
    payout: { custodian: "dryrun-happypath", currency: "BAT", from: "nitro-pay" },
    authorization: { mode: "auto", custodians: [] },
    madeBy: { version: "1.2.3", layout: 1 },
    network: "nitro-alice",
    ports: { service: 21000, redis: 21001, localstack: 21002, ledger: 21003 },
    service: { sha256: hash, path: `/nitro/bin/${hash}/payments` },
    worker: { sha256: hash, path: `/nitro/bin/${hash}/payments` },
  });
  expect(secretOutputs).toEqual(["redisUrl", "aws", "operators"]);
});

describe.each([
  ["a layer of ours", { id: "sha256:layer" }, { command: [hash, "serve", "payments", "worker"], path: `/nitro/bin/${hash}/payments` }],
  [
    "a team's own image",
    { id: "sha256:team", entrypoint: ["/sbin/tini", "/app/payments"] },
    { command: ["serve", "payments", "worker"], path: "/app/payments" },
  ],
] as const)("an executable in %s", (_, image, expected) => {
  let declared: Recorded[] = [];
  let paths: string[] = [];

  beforeAll(async () => {
    declared = await recordResources("alice", false, async () => {
      const { DeveloperStack } = await import("../../stacks/developer.ts");
      const stack = new DeveloperStack("nitro", prepared({ sha256: hash, image }));
      paths = [(await resolved(stack.outputs.service)).path, (await resolved(stack.outputs.worker)).path];
    });
  });

  const inputs = (role: Role) => declared.find(({ name }) => name === `${role}-container`)?.inputs;

  test("runs by the image's id, and no container needs a folder of the host", () => {
    for (const role of ["service", "worker"] as const) expect(inputs(role)?.image).toBe(image.id);
    expect(inputs("worker")?.command).toEqual(expected.command);
    expect(JSON.stringify(declared)).not.toContain("hostPath");
    expect(paths).toEqual([expected.path, expected.path]);
  });
});

test("the worker is declared after its turn has come, the service at once", async () => {
  const turn = Promise.withResolvers<void>();
  let before: readonly string[] = [];
  const declared = await recordResources("alice", false, async (recorded) => {
    const { DeveloperStack } = await import("../../stacks/developer.ts");
    const stack = new DeveloperStack("nitro", { ...prepared(), workerMayStart: turn.promise });
    const service = () => recorded.some(({ name }) => name === "service-container");
    await waitFor(service, { what: "the service", intervalMs: 5 });
    before = recorded.map(({ name }) => name);
    turn.resolve();
    await resolved(stack.outputs.worker);
  });
  expect(before).not.toContain("worker-container");
  expect(declared.map(({ name }) => name)).toContain("worker-container");
});

test("service and worker start after the parts of a team's own, which their program may need", async () => {
  const answer = Promise.withResolvers<void>();
  let before: readonly string[] = [];
  const declared = await recordResources("alice", false, async (recorded) => {
    const { DeveloperStack } = await import("../../stacks/developer.ts");
    const args = prepared();
    const healthy: typeof args.context.healthy = (part) => (part === "db" ? answer.promise : Promise.resolve());
    const extras = {
      shown: "extras.ts",
      declare: (context: PartContext) => void context.healthy("db", pulumi.output("1"), { command: [] }),
    };
    const stack = new DeveloperStack("nitro", { ...args, extras, context: { ...args.context, healthy } });
    const keyFeeder = () => recorded.some(({ name }) => name === "key-feeder-container");
    await waitFor(keyFeeder, { what: "the key-feeder", intervalMs: 5 });
    await new Promise((resolve) => setImmediate(resolve));
    before = recorded.map(({ name }) => name);
    answer.resolve();
    await resolved(pulumi.all([stack.outputs.service, stack.outputs.worker]));
  });
  expect(before).not.toContain("service-container");
  expect(before).not.toContain("worker-container");
  expect(declared.map(({ name }) => name)).toEqual(expect.arrayContaining(["service-container", "worker-container"]));
});
