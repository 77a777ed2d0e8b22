import { denied } from "../stacks/aws/problem.ts";

/** The AWS SDK for Go, which Pulumi's plugin uses, wraps what a service says: `<subject>: operation error IAM: CreateRole, <what happened>`. */
const wrapped =
  /(?:\* |^|: )((?:creating|reading|updating|deleting|putting|waiting for|listing)[^:]*)?:? ?operation error ([\w ]+): (\w+), ([\s\S]*)$/;

/**
 * Turns the failure of an AWS resource into one clear message. Pure.
 * @returns any other text as it is
 */
export function awsFailure(text: string): string {
  const found = wrapped.exec(text);
  if (found === null) return text;
  const [, subject, service = "AWS", operation = "", rest = ""] = found;
  const what = subject ?? `${service} ${operation}`;
  const denial = denied(rest);
  if (denial !== undefined) return `${what}: ${denial}`;
  if (/get credentials/.test(rest))
    return `${what}: no AWS credentials were found\nlog in, for example: aws sso login; then the same command again`;
  const unreachable = /request send failed, \w+ "([^"]+)": ([^\n]*)|(?:no such host|connection refused)/.exec(rest);
  if (unreachable !== null)
    return `${what}: ${service} does not answer at ${unreachable[1] ?? "its endpoint"}: ${unreachable[2] ?? unreachable[0]}`;
  const said = withoutNoise(rest);
  if (/AlreadyExists/.test(said)) return `${what}: ${said}\n${taken(what)}`;
  return `${what}: ${said}`;
}

/** Somebody else's, of this account; or left by a command of ours that was killed, which its tags nitro.stack and nitro.owner tell. */
function taken(what: string): string {
  const name = /\(([^)]+)\)/.exec(what)?.[1] ?? "";
  const command = /Ledger/.test(what) ? `aws qldb delete-ledger --name ${name}` : `aws iam delete-role --role-name ${name}`;
  return `this stack did not make it, so it is left alone: use another stack name, or if nobody needs it: ${command}`;
}

function withoutNoise(text: string): string {
  return text
    .replace(/https? response error StatusCode: \d+, (RequestID: [^,]*, )?(HostID: [^,]*, )?/, "")
    .replace(/^exceeded maximum number of attempts, \d+, /, "")
    .replace(/^api error /, "")
    .replace(/: provider=aws@[\d.]+$/, "")
    .trim();
}
