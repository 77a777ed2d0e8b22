import { expect, test } from "vitest";
import { readFeederSettings } from "../../key-feeder/settings.ts";

const complete = {
  NITRO_STACK: "alice",
  AWS_REGION: "us-west-2",
  AWS_ACCESS_KEY_ID: "id",
  AWS_SECRET_ACCESS_KEY: "key-hunter2",
  AWS_ENDPOINT_URL: "http://localstack:4566",
  AWS_ENDPOINT_URL_S3: "http://s3.localstack:4566",
  ENCLAVE_CONFIG_BUCKET_NAME: "c",
  ENCLAVE_CONFIG_OBJECT_NAME: "o",
  ENCLAVE_OPERATOR_SHARES_BUCKET_NAME: "s",
  QLDB_ROLE_ARN: "arn",
  REDIS_ADDR: "redis:6380",
  REDIS_PASS: "pass-hunter2",
  SERVICE_HOST: "service:18080",
};

test("a complete environment, with its defaults", () => {
  expect(readFeederSettings(complete)).toMatchObject({
    keysDir: "/keys",
    publicDir: "/public",
    healthFile: "/tmp/healthy",
    aws: { endpoint: "http://localstack:4566", s3Endpoint: "http://s3.localstack:4566" },
    redis: { host: "redis", port: 6380, username: "default", password: "pass-hunter2", tls: false },
    bootstrap: "auto",
    authorization: "auto",
    custodians: [],
  });
});

test("S3 is where everything else is, unless it has an endpoint of its own", () => {
  expect(readFeederSettings({ ...complete, AWS_ENDPOINT_URL_S3: "" }).aws.s3Endpoint).toBe("http://localstack:4566");
});

test("custodians are a list with commas", () => {
  expect(readFeederSettings({ ...complete, AUTHORIZATION_CUSTODIANS: "zebpay, uphold,," }).custodians).toEqual(["zebpay", "uphold"]);
});

test("all problems come at once, and no secret with them", () => {
  const env = {
    ...complete,
    NITRO_STACK: "",
    REDIS_ADDR: "redis",
    BOOTSTRAP: "off",
    AWS_ENDPOINT_URL: "localstack",
    NITRO_SECRETS: '{"a":"hunter2"',
  };
  let message = "";
  try {
    readFeederSettings(env);
  } catch (error) {
    message = String(error);
  }
  expect(message.split("\n").slice(1)).toEqual([
    "  - NITRO_SECRETS is not JSON: it has to be a flat JSON object of strings",
    '  - AWS_ENDPOINT_URL is "localstack": it has to begin with http:// or https://',
    "  - NITRO_STACK is not set",
    '  - REDIS_ADDR is "redis": it has to be <host>:<port>, such as redis:6380',
    '  - BOOTSTRAP is "off": allowed are auto, manual',
  ]);
  expect(message).not.toContain("hunter2");
});
