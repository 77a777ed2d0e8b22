import { expect, test } from "vitest";
import { awsProblem, denied } from "../../../stacks/aws/problem.ts";

const attempt = { service: "STS", endpoint: "https://sts.example.com", setting: "sts", profile: undefined, stack: "alice" };

function named(name: string, message: string, more: object = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

test.each<[string, Error, RegExp]>([
  [
    "nobody is logged in",
    named("CredentialsProviderError", "Could not load credentials from any providers"),
    /^no AWS credentials were found \(of your environment\).*\n.*aws sso login; then: \.\/nitro up -s alice$/,
  ],
  [
    "an expired session",
    named("ExpiredTokenException", "The security token included in the request is expired"),
    /^the AWS credentials \(of your environment\) have expired/,
  ],
  [
    "an unknown key",
    named("InvalidClientTokenId", "The security token included in the request is invalid."),
    /^STS at https:\/\/sts\.example\.com does not accept the AWS credentials .*InvalidClientTokenId/,
  ],
  [
    "a wrong secret",
    named("SignatureDoesNotMatch", "The request signature we calculated does not match"),
    /does not accept the AWS credentials/,
  ],
  [
    "nobody listens",
    named("Error", "connect ECONNREFUSED 10.0.0.1:1", { code: "ECONNREFUSED" }),
    /^STS does not answer at .*: connect ECONNREFUSED.*\n.*nitro:aws\.endpoints\.sts/,
  ],
  ["no such name", named("Error", "getaddrinfo ENOTFOUND sts.example.com", { code: "ENOTFOUND" }), /^STS does not answer at/],
  ["no answer in time", named("TimeoutError", "socket did not establish a connection"), /^STS does not answer at/],
  ["several addresses", named("AggregateError", "", { code: "ECONNREFUSED" }), /^STS does not answer at .*: ECONNREFUSED/],
  ["anything else", named("ServiceUnavailable", "Slow down\nplease"), /^STS at .* failed: ServiceUnavailable: Slow down$/],
])("%s", (_, error, message) => {
  expect(awsProblem(error, attempt)).toMatch(message);
});

test("a profile is named where there is one", () => {
  const message = awsProblem(named("ExpiredToken", "expired"), { ...attempt, profile: "team" });
  expect(message).toContain("(profile team)");
  expect(message).toContain("aws sso login --profile team");
});

test("a denial names action, resource, who and why", () => {
  const text =
    "User: arn:aws:iam::1:user/a is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::1:role/r because no identity-based policy allows the sts:AssumeRole action";
  const said = awsProblem(named("AccessDenied", text), attempt);
  expect(said).toMatch(
    /^AWS denies sts:AssumeRole on arn:aws:iam::1:role\/r to arn:aws:iam::1:user\/a \(no identity-based policy allows the sts:AssumeRole action\)\n/,
  );
  expect(denied("something else")).toBeUndefined();
  expect(denied("is not authorized to perform: qldb:CreateLedger")).toMatch(/^AWS denies qldb:CreateLedger to these credentials\n/);
});
