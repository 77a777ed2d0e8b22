import { describe, expect, test } from "vitest";
import { markedSecrets } from "../../policies/marked-secrets.ts";
import { testContainerPolicy } from "./examples.ts";

const privateKey = ["-----BEGIN", "PRIVATE KEY-----"].join(" ");

testContainerPolicy(
  markedSecrets,
  [
    ["a password", { envs: ["REDIS_PASS=hunter2"] }, /^variable REDIS_PASS is in plain text: mark its value by pulumi\.secret\(…\)$/],
    [
      "names of secrets",
      { envs: ["NITRO_SECRETS={}", "aws_secret_access_key=x", "API_KEY=x"] },
      /NITRO_SECRETS/,
      /aws_secret_access_key/,
      /API_KEY/,
    ],
    ["an address with a password", { envs: ["REDIS=redis://default:hunter2@redis:6379"] }, /^envs\[0\] holds an address with a password/],
    ["a key in a file", { uploads: [{ file: "/key", content: `${privateKey}\nx` }] }, /^uploads\[0\]\.content holds a private key/],
    ["an identity on the command line", { command: ["x", `AGE-SECRET-KEY-1${"Q".repeat(58)}`] }, /^command\[1\] holds an age identity/],
    ["a key in a label", { labels: [{ label: "key", value: `AKIA${"A".repeat(16)}` }] }, /^labels\[0\]\.value holds an AWS access key/],
  ],
  [
    ["what is marked", { envs: ["[secret]", "REDIS_PASS=[secret]".slice(11)] }],
    ["an empty value", { envs: ["REDIS_PASS="] }],
    [
      "names that only sound alike",
      { envs: ["AWS_ACCESS_KEY_ID=NITROALICE0000000000", "AWS_SHARED_CREDENTIALS_FILE=/aws/credentials", "AUTHORIZATION=auto"] },
    ],
    ["an address without a password", { envs: ["AWS_ENDPOINT_URL=http://localstack:4566", "HEALTH=curl http://127.0.0.1:18080/health"] }],
  ],
);

describe("messages", () => {
  test("never repeat the secret", () => {
    const props = { envs: ["DB_PASSWORD=hunter2", "DB=postgres://me:hunter2@db/x"], command: [`${privateKey} hunter2`] };
    const messages = markedSecrets.check({ type: "x:y:Z", name: "it", props });
    expect(messages).toHaveLength(3);
    expect(messages.join()).not.toContain("hunter2");
  });
});
