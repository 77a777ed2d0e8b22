/** What was tried when AWS, or a service in its place, failed. */
export interface AwsAttempt {
  /** As people name it: STS, IAM, QLDB. */
  readonly service: string;
  readonly endpoint: string;
  /** The setting that names the endpoint. */
  readonly setting: string;
  readonly profile: string | undefined;
  readonly stack: string;
}

/** Errors of the SDK and of STS that mean: no or wrong credentials. https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html */
const expired = ["ExpiredToken", "ExpiredTokenException", "TokenProviderError"];
const refused = [
  ...["InvalidClientTokenId", "SignatureDoesNotMatch", "UnrecognizedClientException", "InvalidAccessKeyId"],
  ...["AuthFailure", "IncompleteSignature", "MissingAuthenticationToken", "InvalidSignatureException"],
];

/**
 * Says what went wrong and what mends it. Pure.
 * @param error of AWS's SDK for JavaScript
 * @returns one message of one or two lines
 */
export function awsProblem(error: unknown, attempt: AwsAttempt): string {
  const { service, endpoint, stack } = attempt;
  const name = error instanceof Error ? error.name : "";
  const message = error instanceof Error ? error.message : String(error);
  const again = `then: ./nitro up -s ${stack}`;
  if (name === "CredentialsProviderError")
    return `no AWS credentials were found (${source(attempt)}): ${firstLine(message)}\nlog in, for example: aws sso login${option(attempt)}; ${again}`;
  if (expired.includes(name) || /expired/i.test(message))
    return `the AWS credentials (${source(attempt)}) have expired: ${firstLine(message)}\nlog in again, for example: aws sso login${option(attempt)}; ${again}`;
  if (refused.includes(name))
    return `${service} at ${endpoint} does not accept the AWS credentials (${source(attempt)}): ${name}: ${firstLine(message)}\nlog in with others, or name their profile: pulumi config set --stack ${stack} --path nitro:aws.profile <profile>; ${again}`;
  if (/^AccessDenied/.test(name)) return `${denied(message) ?? `${service} denies it: ${firstLine(message)}`}`;
  if (isUnreachable(error)) {
    return `${service} does not answer at ${endpoint}: ${reason(error)}\ncheck the network and the setting nitro:aws.endpoints.${attempt.setting}, ${again}`;
  }
  return `${service} at ${endpoint} failed: ${name}: ${firstLine(message)}`;
}

const denial =
  /(?:User: (\S+) )?is not authorized to perform: (\S+)(?: on resource: (\S+))?(?:(?: because|,? with an explicit deny)(.*))?/s;

/**
 * AWS's words for an action that a policy does not allow, as one sentence. Pure.
 * @returns undefined for any other text
 */
export function denied(text: string): string | undefined {
  const found = denial.exec(text);
  if (found === null) return undefined;
  const [, user, action = "", resource, why] = found;
  const on = resource === undefined ? "" : ` on ${resource.replace(/[.,]$/, "")}`;
  const because = why === undefined || why.trim() === "" ? "" : ` (${firstLine(why.trim())})`;
  return `AWS denies ${action}${on} to ${user ?? "these credentials"}${because}\nask for the permission, or log in as somebody who has it`;
}

function source({ profile }: AwsAttempt): string {
  return profile === undefined ? "of your environment" : `profile ${profile}`;
}

function option({ profile }: AwsAttempt): string {
  return profile === undefined ? "" : ` --profile ${profile}`;
}

/** Nobody listens, no such name, no route, no answer in time, no certificate that is trusted. */
function isUnreachable(error: unknown): boolean {
  return (
    /^(TimeoutError|AbortError)$/.test(error instanceof Error ? error.name : "") ||
    /^(E[A-Z]+|UND_ERR_\w+|\w*CERT\w*)$/.test(systemCode(error) ?? "")
  );
}

function reason(error: unknown): string {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = inner instanceof Error ? firstLine(inner.message) : String(inner);
  return message === "" ? (systemCode(error) ?? "no answer") : message;
}

/** Where a name has several addresses, the first failure says it. */
function systemCode(error: unknown): string | undefined {
  for (let each = error, depth = 0; each instanceof Error && depth < 4; each = each.cause, depth++) {
    if ("code" in each && typeof each.code === "string") return each.code;
  }
  return undefined;
}

function firstLine(text: string): string {
  return text.split("\n")[0]?.trim() ?? "";
}
