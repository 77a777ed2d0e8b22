import { expect, test } from "vitest";
import { operatorVariables } from "../../../cli/operator/operator-env.ts";

const outputs = {
  serviceUrl: "http://127.0.0.1:21000",
  redisUrl: "redis://default:pass%20word@127.0.0.1:21001",
  localstackUrl: "http://127.0.0.1:21002",
  localstackHttpsUrl: "https://127.0.0.1:21002",
  aws: { region: "us-west-2", accessKeyId: "ID", secretAccessKey: "secret" },
  vaultPublicKey: "age1vault",
};
const folder = "/p/.nitro/alice/operators";
const trust = { authority: `${folder}/ca.pem`, bundle: `${folder}/ca-bundle.pem` };
const files = { key: `${folder}/test-operator.pem`, share: `${folder}/share-test-operator.enc`, trust };

test("what the operators' tools read", () => {
  expect(operatorVariables("alice", outputs, true, files)).toEqual({
    NITRO_ENCLAVE_MOCKING: "1",
    NITRO_API_BASE: "http://127.0.0.1:21000",
    NITRO_EXPECTED_PCR2: "abc2".repeat(24),
    NITRO_VAULT_PUBLIC_KEY: "age1vault",
    BAT_OPERATOR_KEY: files.key,
    BAT_OPERATOR_SHARE: files.share,
    REDIS_ADDR: "127.0.0.1:21001",
    REDIS_USERNAME: "default",
    REDIS_PASSWORD: "pass word",
    REDISCLI_AUTH: "pass word",
    AWS_REGION: "us-west-2",
    AWS_DEFAULT_REGION: "us-west-2",
    AWS_ACCESS_KEY_ID: "ID",
    AWS_SECRET_ACCESS_KEY: "secret",
    AWS_ENDPOINT_URL: "http://127.0.0.1:21002",
    AWS_ENDPOINT_URL_S3: "https://127.0.0.1:21002",
    AWS_CA_BUNDLE: trust.bundle,
    SSL_CERT_FILE: trust.bundle,
    NODE_EXTRA_CA_CERTS: trust.authority,
    ENCLAVE_CONFIG_BUCKET_NAME: "nitro-alice-config",
    ENCLAVE_CONFIG_OBJECT_NAME: "secrets.age",
    ENCLAVE_OPERATOR_SHARES_BUCKET_NAME: "nitro-alice-operator-shares",
  });
});

test("where Redis speaks TLS the tools are told", () => {
  const secured = operatorVariables("alice", { ...outputs, redisUrl: outputs.redisUrl.replace("redis:", "rediss:") }, true, files);
  expect(secured).toMatchObject({ REDIS_ADDR: "127.0.0.1:21001", REDIS_TLS: "1", REDIS_PASSWORD: "pass word" });
});

test("in ledger mode aws only S3 is the stack's own", () => {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = operatorVariables("alice", outputs, false, files);
  expect([AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3]).toEqual([undefined, "https://127.0.0.1:21002"]);
});

test("http where the stack has told no authority, or LocalStack has no certificate of it", () => {
  const { AWS_ENDPOINT_URL_S3, ...others } = operatorVariables("alice", outputs, true, { ...files, trust: undefined });
  expect(AWS_ENDPOINT_URL_S3).toBe("http://127.0.0.1:21002");
  expect(Object.keys(others).filter((name) => /CA_|CERT/.test(name))).toEqual([]);
  const own = operatorVariables("alice", { ...outputs, localstackHttpsUrl: undefined as never }, true, files);
  expect([own.AWS_ENDPOINT_URL_S3, own.AWS_CA_BUNDLE]).toEqual(["http://127.0.0.1:21002", trust.bundle]);
});
