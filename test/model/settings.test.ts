import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { ConfigError, checkSettings, parseSettings } from "../../model/settings.ts";

const problems = (raw: Record<string, string>): string => {
  try {
    parseSettings(raw, "alice");
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
};

test("every setting has a default", () => {
  expect(parseSettings({}, "alice")).toEqual({
    runtime: "container",
    service: { host: "nitro-payments.bsg.brave.software", env: {}, files: [], writable: [], ulimits: [] },
    worker: { env: {}, files: [], writable: [], ulimits: [] },
    build: { folder: "sample" },
    swap: { mode: "auto", keep: 10 },
    images: {},
    ports: {},
    redis: { tls: false },
    ledger: { mode: "local" },
    bootstrap: "auto",
    authorization: { mode: "auto", custodians: [] },
    operators: {},
    payout: { custodian: "dryrun-happypath", currency: "BAT", from: "nitro-pay", custodians: [] },
    memory: { service: 512, worker: 256, redis: 256, localstack: 1024, ledger: 2048, "key-feeder": 256 },
    secrets: {},
    aws: { region: "us-west-2", endpoints: {} },
  });
});

test("Pulumi.dev.yaml says the defaults, and names every setting", () => {
  const text = readFileSync(new URL("../../Pulumi.dev.yaml", import.meta.url), "utf8");
  const stored = (config: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(config).map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)]));
  expect(parseSettings(stored(parse(text).config), "alice")).toEqual(parseSettings({}, "alice"));
  const uncommented = text.replaceAll(
    /^( *)# ( *(?:nitro:|base|redis|localstack|node|binary|command|args|keys|image|file|profile|endpoints|sts|iam|qldb)[\w]*:)/gm,
    "$1$2",
  );
  const shown = parse(uncommented).config;
  const paths = Object.entries(shown).flatMap(([key, value]) =>
    typeof value === "object" && value !== null ? Object.keys(value).map((inner) => `${key}.${inner}`) : [key],
  );
  expect(paths.sort()).toEqual(
    [
      "nitro:authorization.custodians",
      "nitro:authorization.mode",
      "nitro:aws.endpoints",
      "nitro:aws.profile",
      "nitro:aws.region",
      "nitro:bootstrap",
      "nitro:build.command",
      "nitro:build.folder",
      "nitro:build.image",
      "nitro:extras",
      "nitro:images.base",
      "nitro:images.localstack",
      "nitro:images.node",
      "nitro:images.redis",
      "nitro:ledger.mode",
      "nitro:memory.key-feeder",
      "nitro:memory.ledger",
      "nitro:memory.localstack",
      "nitro:memory.redis",
      "nitro:memory.service",
      "nitro:memory.worker",
      "nitro:operators.keys",
      "nitro:payout.currency",
      "nitro:payout.custodian",
      "nitro:payout.custodians",
      "nitro:payout.from",
      "nitro:ports.base",
      "nitro:redis.tls",
      "nitro:runtime",
      "nitro:secrets.file",
      "nitro:service.args",
      "nitro:service.binary",
      "nitro:service.env",
      "nitro:service.files",
      "nitro:service.host",
      "nitro:service.image",
      "nitro:service.ulimits",
      "nitro:service.writable",
      "nitro:swap.keep",
      "nitro:swap.mode",
      "nitro:worker.args",
      "nitro:worker.env",
      "nitro:worker.files",
      "nitro:worker.ulimits",
      "nitro:worker.writable",
    ].sort(),
  );
});

test("a yes or no may be text", () => {
  const tls = (text: string) => parseSettings({ "nitro:redis": `{"tls":${text}}` }, "alice").redis.tls;
  expect([tls("true"), tls('"true"'), tls("false"), tls('"false"')]).toEqual([true, true, false, false]);
  expect(problems({ "nitro:redis": '{"tls":"yes"}' })).toContain('nitro:redis.tls is "yes": allowed are true, false');
});

test("objects arrive as JSON, numbers may be text, other namespaces are left alone", () => {
  const settings = parseSettings(
    { "nitro:ports": '{"base":"21000"}', "nitro:images": '{"redis":"my/redis:7"}', "docker:host": "x" },
    "alice",
  );
  expect(settings.ports.base).toBe(21000);
  expect(settings.images.redis).toBe("my/redis:7");
});

test("all problems are told at once, each with the value seen and what is allowed", () => {
  const message = problems({
    "nitro:bootstrap": "sometimes",
    "nitro:authorisation": '{"mode":"manual"}',
    "nitro:ports": '{"base":80}',
    "nitro:images": '{"reddis":"x"}',
    "nitro:ledger": '{"mode":"cloud"}',
  });
  expect(message).toContain('the configuration of stack "alice" has 5 problems');
  expect(message).toContain('nitro:bootstrap is "sometimes": allowed are auto, manual');
  expect(message).toContain("nitro:authorisation is not a setting");
  expect(message).toContain("(did you mean authorization?)");
  expect(message).toContain("nitro:ports.base is 80: allowed is a whole number from 1024 to 65500");
  expect(message).toContain(
    "nitro:images.reddis is not a setting; allowed under nitro:images are base, redis, localstack, node (did you mean redis?)",
  );
  expect(message).toContain('nitro:ledger.mode is "cloud": allowed are local');
  expect(message).toContain("pulumi config set --stack alice --path");
});

test.each(["0.2", '"abc"', "-1", "100000", "[1,2]"])(
  "a number that is %s is told what the setting takes, whatever is wrong with it",
  (value) => {
    expect(problems({ "nitro:swap": `{"keep":${value}}` })).toContain(
      `  - nitro:swap.keep is ${value}: allowed is a whole number from 0 to 1440\n`,
    );
    expect(problems({ "nitro:ports": `{"base":${value}}` })).toContain(
      `nitro:ports.base is ${value}: allowed is a whole number from 1024 to 65500`,
    );
  },
);

test("an executable and an image exclude each other", () => {
  expect(problems({ "nitro:service": '{"binary":"a","image":"b"}' })).toContain(
    'nitro:service is {"binary":"a","image":"b"}: allowed is one of binary and image, not both; remove the other: pulumi config rm --stack alice --path nitro:service.binary (or nitro:service.image)',
  );
  expect(problems({ "nitro:service": '{"binary":"a","image":"b"}', "nitro:swap": '{"mode":"copy"}' })).toContain(
    'nitro:swap.mode is "copy": allowed are mount, image, auto',
  );
});

test("a build and another executable exclude each other", () => {
  const build = { "nitro:build": '{"command":"make"}' };
  expect(problems({ ...build, "nitro:service": '{"image":"b"}' })).toContain(
    'nitro:build.command is "make": it builds the executable, and service.image names another one; remove one: pulumi config rm --stack alice --path nitro:service.image',
  );
  expect(problems(build)).toBe("");
});

test("a text where an object belongs says so", () => {
  expect(problems({ "nitro:service": "./payments" })).toContain(
    'nitro:service is "./payments": allowed is an object: set its parts with --path',
  );
});

test("a setting in a namespace that is ours but for a slip is told, what is others' is not", () => {
  const { problems: told, settings } = checkSettings({
    "nirto:bootstrap": "manual",
    "Nitro:ports.base": "1",
    "nitro-x:bootstrap": "",
    "aws:region": "x",
    "intro:page": "x",
  });
  expect(told).toEqual([
    "nirto:bootstrap is no setting of ours (did you mean nitro:bootstrap?)",
    "Nitro:ports.base is no setting of ours (did you mean nitro:ports.base?)",
    "nitro-x:bootstrap is no setting of ours (did you mean nitro:bootstrap?)",
  ]);
  expect(settings).toBeUndefined();
});
