import { expect, test } from "vitest";
import { ledgerPolicy, trustPolicy } from "../../components/aws-policies.ts";

const account = "123456789012";

test("a user is trusted by name", () => {
  const [statement] = trustPolicy({ account, arn: `arn:aws:iam::${account}:user/team/alice` }).Statement;
  expect(statement).toMatchObject({ Action: "sts:AssumeRole", Principal: { AWS: `arn:aws:iam::${account}:user/team/alice` } });
  expect(statement).not.toHaveProperty("Condition");
});

test("a session of a role: that role alone, whatever its path", () => {
  const [statement] = trustPolicy({ account, arn: `arn:aws:sts::${account}:assumed-role/Dev/botocore-session-1` }).Statement;
  expect(statement?.Principal).toEqual({ AWS: `arn:aws:iam::${account}:root` });
  expect(statement?.Condition).toEqual({
    ArnLike: { "aws:PrincipalArn": [`arn:aws:iam::${account}:role/Dev`, `arn:aws:iam::${account}:role/*/Dev`] },
  });
});

test("a session of IAM Identity Center: that person alone", () => {
  const arn = `arn:aws:sts::${account}:assumed-role/AWSReservedSSO_Dev_0123456789abcdef/alice@example.com`;
  const [statement] = trustPolicy({ account, arn }).Statement;
  expect(statement?.Condition?.StringLike).toEqual({ "aws:userId": "*:alice@example.com" });
  expect(statement?.Condition?.ArnLike?.["aws:PrincipalArn"]).toContain(
    `arn:aws:iam::${account}:role/*/AWSReservedSSO_Dev_0123456789abcdef`,
  );
});

test("another partition's ARNs stay in it", () => {
  const [statement] = trustPolicy({ account, arn: `arn:aws-us-gov:sts::${account}:assumed-role/Dev/x` }).Statement;
  expect(statement?.Principal).toEqual({ AWS: `arn:aws-us-gov:iam::${account}:root` });
});

test("the ledger's policy names every action, gives none by a pattern and leads to no other ledger", () => {
  const arn = `arn:aws:qldb:us-west-2:${account}:ledger/nitro-alice`;
  for (const { Effect, Action, Resource } of ledgerPolicy(arn).Statement) {
    expect(Effect).toBe("Allow");
    for (const action of [Action].flat()) expect(action).toMatch(/^qldb:[A-Za-z]+$/);
    for (const resource of [Resource].flat()) expect(resource === arn || resource?.startsWith(`${arn}/`)).toBe(true);
  }
});
