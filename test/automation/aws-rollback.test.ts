import { expect, test } from "vitest";
import { halfMade } from "../../automation/aws-rollback.ts";

const inLedger = (type: string, name: string, op = "create") => ({
  urn: `urn:pulumi:alice::nitro::nitro:stack:Developer$nitro:component:AwsLedger$${type}::${name}`,
  type,
  op,
});
const role = inLedger("aws:iam/role:Role", "ledger-role");
const volume = inLedger("docker:index/volume:Volume", "ledger-credentials");
const password = {
  urn: "urn:pulumi:alice::nitro::random:index/randomPassword:RandomPassword::x",
  type: "random:index/randomPassword:RandomPassword",
  op: "create",
};

test("what an update made for the ledger goes away again, and nothing else", () => {
  expect(halfMade([password, role, volume])).toEqual([role.urn, volume.urn]);
});

test("what was there before stays", () => {
  expect(halfMade([inLedger("aws:iam/role:Role", "ledger-role", "update"), inLedger("aws:qldb/ledger:Ledger", "l", "delete")])).toEqual([]);
});

test("once containers were touched, the ledger is in use", () => {
  expect(halfMade([role, { urn: "u", type: "docker:index/container:Container", op: "create" }])).toEqual([]);
});
