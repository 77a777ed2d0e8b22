import http from "node:http";
import https from "node:https";
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { wait } from "../../common/waiting.ts";
import type { AwsIdentity } from "../../components/aws-policies.ts";
import { type AwsService, awsEndpoint } from "../../model/aws-settings.ts";
import type { Settings } from "../../model/settings.ts";
import { type AwsAttempt, awsProblem } from "./problem.ts";

/** AWS, or a service in its place, refuses or does not answer. The message says what mends it. */
export class AwsError extends Error {
  override readonly name = "AwsError";
}

/** Credentials as the SDK has them. Secret. */
export type AwsSecrets = Awaited<ReturnType<STSClient["config"]["credentials"]>>;

/** Somebody whose credentials STS accepts. */
export interface AwsLogin {
  readonly identity: AwsIdentity;
  readonly secrets: AwsSecrets;
}

/** For whom AWS is called, and where. */
export interface AwsAccess {
  readonly settings: Settings["aws"];
  readonly stack: string;
}

/** Short: a service that does not answer is said soon. */
const connectMs = 4_000;
const answerMs = 10_000;

/**
 * Finds the developer's credentials where every AWS tool does (environment, profile, SSO, credential process, …) and asks STS whose they
 * are.
 * @throws AwsError
 */
export async function logIn(access: AwsAccess): Promise<AwsLogin> {
  return await withSts(access, undefined, async (client) => {
    const secrets = await client.config.credentials();
    const { Account: account = "", Arn: arn = "" } = await client.send(new GetCallerIdentityCommand({}));
    return { identity: { account, arn }, secrets };
  });
}

/**
 * Asks every service that is about to be used whether it is there. Any answer will do.
 * @throws AwsError for the first that does not answer
 */
export async function checkEndpoints(access: AwsAccess): Promise<void> {
  const services: readonly AwsService[] = ["iam", "qldb", "qldbSession"];
  await Promise.all(
    services.map(async (service) => {
      const attempt = attemptOf(access, service);
      try {
        await answer(attempt.endpoint);
      } catch (error) {
        throw new AwsError(awsProblem(error, attempt));
      }
    }),
  );
}

/** New ones for each call: a connection that is kept may have been closed by the other side. Proxies are the environment's (Node 24.5). */
function agents() {
  return { httpAgent: new http.Agent({ proxyEnv: process.env }), httpsAgent: new https.Agent({ proxyEnv: process.env }) };
}

/** @throws where nothing answers */
function answer(url: string): Promise<void> {
  const { httpAgent, httpsAgent } = agents();
  const [{ get }, agent] = url.startsWith("https:") ? [https, httpsAgent] : [http, httpAgent];
  return new Promise((resolve, reject) => {
    const asked = get(url, { agent, signal: AbortSignal.timeout(answerMs) }, (response) => {
      response.destroy();
      resolve();
    });
    asked.once("error", reject);
  });
}

/** IAM's changes take seconds to arrive everywhere. */
const spreading = { timeoutMs: 20_000, intervalMs: 1_000 };

/**
 * Assumes a role, as the service is about to. A role that was just made is tried again: IAM is eventually consistent
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency).
 * @param onRefusal told once, before it is tried again; undefined: one try, for a role that has been there for long
 * @throws AwsError
 */
export async function checkRole(access: AwsAccess, secrets: AwsSecrets, roleArn: string, onRefusal?: () => void): Promise<void> {
  const command = new AssumeRoleCommand({ RoleArn: roleArn, RoleSessionName: `nitro-${access.stack}`, DurationSeconds: 900 });
  await withSts(access, secrets, async (client) => {
    let refusal: unknown;
    const strategy = {
      what: `role ${roleArn}`,
      look: async () => {
        try {
          return { found: await client.send(command) };
        } catch (error) {
          const denied = error instanceof Error && /^AccessDenied|^NoSuchEntity/.test(error.name);
          if (!denied || onRefusal === undefined) throw error;
          if (refusal === undefined) onRefusal();
          refusal = error;
          return { seen: error.name };
        }
      },
    };
    if ((await wait(strategy, spreading)).end !== "found") throw refusal;
  });
}

/** @param secrets undefined: the developer's own, found where AWS's tools find them */
async function withSts<T>(access: AwsAccess, secrets: AwsSecrets | undefined, work: (client: STSClient) => Promise<T>): Promise<T> {
  const { region, profile } = access.settings;
  const attempt = attemptOf(access, "sts");
  const client = new STSClient({
    region,
    endpoint: attempt.endpoint,
    maxAttempts: 2,
    requestHandler: { ...agents(), connectionTimeout: connectMs, requestTimeout: answerMs, throwOnRequestTimeout: true },
    profile,
    credentials: secrets,
  });
  try {
    return await work(client);
  } catch (error) {
    throw new AwsError(awsProblem(error, attempt));
  } finally {
    client.destroy();
  }
}

const names: Record<AwsService, string> = { sts: "STS", iam: "IAM", qldb: "QLDB", qldbSession: "QLDB's session endpoint" };

function attemptOf({ settings, stack }: AwsAccess, service: AwsService): AwsAttempt {
  const endpoint = awsEndpoint(settings, service);
  return { service: names[service], endpoint, setting: service, profile: settings.profile, stack };
}
