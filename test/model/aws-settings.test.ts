import { expect, test } from "vitest";
import { awsEndpoint, awsProblems, overridden } from "../../model/aws-settings.ts";
import { ConfigError, parseSettings } from "../../model/settings.ts";

const problems = (aws: Partial<Parameters<typeof awsProblems>[0]["aws"]>, mode: "local" | "aws" = "aws") =>
  awsProblems({ ledger: { mode }, aws: { region: "us-west-2", endpoints: {}, ...aws } });

test("a local ledger needs nothing of AWS", () => {
  expect(problems({ region: "eu-north-1" }, "local")).toEqual([]);
});

test("without an endpoint: QLDB is gone, and both ways on", () => {
  const [problem, ...more] = problems({});
  expect(more).toEqual([]);
  expect(problem?.path).toEqual(["ledger", "mode"]);
  expect(problem?.message).toMatch(/^AWS ended QLDB on 2025-07-31, so no ledger can be made in us-west-2; nothing was created; /);
  expect(problem?.message).toContain("nitro:ledger.mode local");
  expect(problem?.message).toContain("nitro:aws.endpoints.qldb <url>");
});

test("a region without QLDB, also where AWS's own address is named", () => {
  expect(problems({ region: "eu-north-1" })[0]?.message).toMatch(
    /^QLDB never was in eu-north-1: it was in us-east-1, .*, until AWS ended it/,
  );
  const own = { qldb: "https://qldb.eu-north-1.amazonaws.com" };
  expect(problems({ region: "eu-north-1", endpoints: own })[0]?.message).toContain("which is AWS's own");
});

test("a compatible service is fine in any region", () => {
  expect(problems({ region: "eu-north-1", endpoints: { qldb: "https://qldb.example.com" } })).toEqual([]);
});

test.each(["http://127.0.0.1:8182", "http://localhost:8182", "http://ledger.localhost", "http://[::1]:1"])(
  "%s means another machine in a container",
  (url) => {
    const found = problems({ endpoints: { qldb: url, sts: url, iam: url } });
    expect(found.map(({ path }) => path.join("."))).toEqual(["aws.endpoints.sts", "aws.endpoints.qldb"]);
  },
);

test("endpoints: the settings' own, else AWS's; QLDB's session follows QLDB", () => {
  const aws = { region: "eu-west-1", endpoints: { qldb: "https://q.example.com" } };
  expect(awsEndpoint(aws, "sts")).toBe("https://sts.eu-west-1.amazonaws.com");
  expect(awsEndpoint(aws, "qldbSession")).toBe("https://q.example.com");
  expect(overridden(aws.endpoints, "sts")).toBeUndefined();
  expect(awsEndpoint({ ...aws, endpoints: {} }, "qldbSession")).toBe("https://session.qldb.eu-west-1.amazonaws.com");
});

test("all problems of a configuration come at once", () => {
  const raw = {
    "nitro:ledger": '{"mode":"aws"}',
    "nitro:aws": '{"region":"eu-north-1","endpoints":{"sts":"http://127.0.0.1:1"}}',
  };
  expect(() => parseSettings(raw, "alice")).toThrow(ConfigError);
  expect(() => parseSettings(raw, "alice")).toThrow(
    /2 problems:\n {2}- nitro:ledger\.mode is "aws": QLDB never .*\n {2}- nitro:aws\.endpoints\.sts is/,
  );
  const typo = { "nitro:aws": '{"endpoints":{"qlbd":"https://x"}}' };
  expect(() => parseSettings(typo, "alice")).toThrow(
    "nitro:aws.endpoints.qlbd is not a setting; allowed under nitro:aws.endpoints are sts, iam, qldb, qldbSession (did you mean qldb?)",
  );
  const bad = { "nitro:aws": '{"endpoints":{"qldb":"qldb.example.com"}}' };
  expect(() => parseSettings(bad, "alice")).toThrow("allowed is an address such as https://qldb.example.com");
});

test.each(["http://:38923", "https://", "not an address"])("%s is one problem of the list, not a TypeError", (text) => {
  const aws = { region: "eu_north", endpoints: { sts: text, iam: text, qldb: text, qldbSession: text } };
  const parse = () => parseSettings({ "nitro:ledger": '{"mode":"aws"}', "nitro:aws": JSON.stringify(aws) }, "alice");
  expect(parse).toThrow(ConfigError);
  expect(parse).toThrow(/5 problems:/);
  for (const service of Object.keys(aws.endpoints)) {
    expect(parse).toThrow(
      `nitro:aws.endpoints.${service} is ${JSON.stringify(text)}: allowed is an address such as https://qldb.example.com`,
    );
  }
});
