import { describe, expect, test } from "vitest";
import { namedActions } from "../../policies/named-actions.ts";
import { secret, unknown } from "../../policies/values.ts";

const check = (type: string, props: Record<string, unknown>) => namedActions.check({ type, name: "role", props });
const document = (...Statement: object[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const rolePolicy = "aws:iam/rolePolicy:RolePolicy";

describe("named-actions", () => {
  test.each([
    ["everything", { Effect: "Allow", Action: "*", Resource: "*" }, /^policy: a statement allows \*: name the actions/],
    [
      "a whole service",
      { Sid: "Ledger", Effect: "Allow", Action: ["qldb:SendCommand", "qldb:*"], Resource: "x" },
      /^policy: statement Ledger allows qldb:\*/,
    ],
    ["a family of actions", { Effect: "Allow", Action: ["qldb:PartiQL*"], Resource: "x" }, /qldb:PartiQL\*/],
    ["all but a few", { Effect: "Allow", NotAction: ["iam:PassRole"], Resource: "x" }, /everything but NotAction/],
  ])("fails: %s", (_, statement, message) => {
    expect(check(rolePolicy, { policy: document({ Effect: "Allow", Action: "sts:AssumeRole" }, statement) })).toEqual([
      expect.stringMatching(message),
    ]);
  });

  test("finds documents wherever they are", () => {
    const wild = { Effect: "Allow", Action: "s3:*", Resource: "x" };
    expect(
      check("aws:iam/role:Role", { assumeRolePolicy: document(wild), inlinePolicies: [{ name: "x", policy: document(wild) }] }),
    ).toEqual([expect.stringMatching(/^assumeRolePolicy: /), expect.stringMatching(/^inlinePolicies\[0\]\.policy: /)]);
    expect(check(rolePolicy, { policy: { Statement: wild } })).toHaveLength(1);
  });

  test.each([
    [
      "named actions",
      rolePolicy,
      { policy: document({ Effect: "Allow", Action: ["qldb:SendCommand", "qldb:PartiQLSelect"], Resource: "*" }) },
    ],
    ["a denial of everything", rolePolicy, { policy: document({ Effect: "Deny", Action: "*", Resource: "*" }) }],
    ["what is secret, unknown or no document", rolePolicy, { policy: secret, name: unknown, other: "{not JSON" }],
    ["other services", "aws:s3/bucketPolicy:BucketPolicy", { policy: document({ Effect: "Allow", Action: "s3:*" }) }],
  ])("passes: %s", (_, type, props) => expect(check(type, props)).toEqual([]));
});
