import { expect, test } from "vitest";
import { awsFailure } from "../../automation/aws-failure.ts";

const denial =
  "User: arn:aws:iam::1:user/a is not authorized to perform: iam:CreateRole on resource: arn:aws:iam::1:role/r because no policy allows it";

test.each<[string, string, RegExp]>([
  [
    "a denied action",
    `creating IAM Role (r): operation error IAM: CreateRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: ${denial}`,
    /^creating IAM Role \(r\): AWS denies iam:CreateRole on arn:aws:iam::1:role\/r to arn:aws:iam::1:user\/a \(no policy allows it\)\nask for/,
  ],
  [
    "as the released plugin says it",
    `sdk-v2/provider2.go:572: sdk.helper_schema: creating IAM Role (r): operation error IAM: CreateRole, https response error StatusCode: 403, RequestID: 1, api error AccessDenied: ${denial}: provider=aws@7.48.0`,
    /^creating IAM Role \(r\): AWS denies iam:CreateRole/,
  ],
  [
    "an endpoint that went away",
    'reading QLDB Ledger (l): operation error QLDB: DescribeLedger, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Get "http://10.0.0.1:1/ledgers/l": dial tcp 10.0.0.1:1: connect: connection refused',
    /^reading QLDB Ledger \(l\): QLDB does not answer at http:\/\/10\.0\.0\.1:1\/ledgers\/l: dial tcp 10\.0\.0\.1:1: connect: connection refused$/,
  ],
  [
    "a name that is taken",
    "creating QLDB Ledger (l): operation error QLDB: CreateLedger, https response error StatusCode: 409, RequestID: 1, ResourceAlreadyExistsException: Ledger with name l already exists",
    /^creating QLDB Ledger \(l\): ResourceAlreadyExistsException: Ledger with name l already exists\nthis stack did not make it.*: aws qldb delete-ledger --name l$/,
  ],
  [
    "nobody logged in",
    "deleting IAM Role (r): operation error IAM: DeleteRole, get identity: get credentials: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata, access disabled",
    /^deleting IAM Role \(r\): no AWS credentials were found\nlog in/,
  ],
  [
    "anything else",
    "deleting IAM Role (r): operation error IAM: DeleteRole, https response error StatusCode: 409, RequestID: 1, DeleteConflict: Cannot delete entity, must delete policies first.",
    /^deleting IAM Role \(r\): DeleteConflict: Cannot delete entity, must delete policies first\.$/,
  ],
])("%s", (_, text, message) => {
  expect(awsFailure(text)).toMatch(message);
});

test("what is not AWS's stays as it is", () => {
  expect(awsFailure("port 20000 is in use by process 1")).toBe("port 20000 is in use by process 1");
});
