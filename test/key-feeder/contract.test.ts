import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import * as contract from "../../key-feeder/contract.ts";

const { variables } = contract;

/** The constants of Go's side, as gofmt leaves them. */
function goConstants(): Record<string, string | number> {
  const source = readFileSync(join(import.meta.dirname, "../../sample/internal/contract/contract.go"), "utf8");
  const constants = [...source.matchAll(/^\t(\w+) += (?:"([^"\\]*)"|(\d+))$/gm)];
  return Object.fromEntries(constants.map(([, name = "", text, number]) => [name, text ?? Number(number)]));
}

test("Go's side of the contract says the same, and nothing else", () => {
  expect(goConstants()).toEqual({
    NeededShares: contract.neededShares,
    MockedPCR2: contract.pcr2,
    ShareName: contract.sharePrefix.slice(contract.pcr2.length),
    UnsealedWords: contract.unsealedWords,
    SealedWords: contract.sealedWords,
    FirstOperator: contract.operatorNames[0],
    SecondOperator: contract.operatorNames[1],
    PublicKeysFolder: contract.publicKeysFolder,
    PreparePath: contract.paths.prepare,
    SubmitPath: contract.paths.submit,
    CreateVaultPath: contract.ceremonyPaths.createVault,
    VerifyVaultPath: contract.ceremonyPaths.verifyVault,
    GenerateAddressPath: contract.ceremonyPaths.generateAddress,
    ApproveAddressPath: contract.ceremonyPaths.approveAddress,
    PrepareOrders: contract.prepareConfigStream,
    SubmitOrders: contract.submitConfigStream,
    DataField: contract.dataField,
    ResponseSuffix: contract.responseStream(""),
    EnvMocking: variables.mocking,
    EnvAddress: variables.address,
    EnvEnvironment: variables.environment,
    EnvLedgerName: variables.ledgerName,
    EnvLedgerRole: variables.ledgerRole,
    EnvConfigBucket: variables.configBucket,
    EnvConfigObject: variables.configObject,
    EnvSharesBucket: variables.sharesBucket,
    EnvSolanaAddress: variables.solanaAddress,
    EnvCustodians: variables.custodians,
    EnvAPIBase: variables.apiBase,
    EnvRedisAddress: variables.redisAddress,
    EnvRedisUser: variables.redisUser,
    EnvRedisPassword: variables.redisPassword,
    EnvRedisTLS: variables.redisTls,
  });
});

test("there are as many operators as shares, each with an object of their own that the service takes for a share", () => {
  const objects = contract.operatorNames.map(contract.shareObject);
  expect(new Set(objects).size).toBe(contract.neededShares);
  for (const object of objects) expect(object.startsWith(contract.sharePrefix)).toBe(true);
});
