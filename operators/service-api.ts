import { request as startRequest } from "node:http";
import { text as readAll } from "node:stream/consumers";
import { errorMessage, UserError } from "../common/errors.ts";
import type { SignedRequest, Signer } from "../key-feeder/payouts/signer.ts";
import { type Attestation, judgeAnswer } from "./attestation.ts";

/** How long the service may take for one call, in ms. */
const answerMs = 30_000;

/** Where the service of a stack answers. */
export interface ServiceAddress {
  /** Such as http://127.0.0.1:23450 */
  readonly url: string;
  /** The stack's name, for messages. */
  readonly stack: string;
  /** The Host that is signed and sent, whatever the address: the service holds signatures to it. */
  readonly host: string;
}

/** What the service answered. */
export interface ServiceAnswer {
  readonly status: number;
  readonly text: string;
  /** The body; undefined where it is no JSON object. */
  readonly body: Readonly<Record<string, unknown>> | undefined;
  readonly attestation: Attestation;
}

/** The service answered, and did not do what it was asked for. */
export class ServiceRefusal extends UserError {
  override readonly name = "ServiceRefusal";
  /** The HTTP status. */
  readonly status: number;

  constructor(status: number, message: string, hint?: string) {
    super(message, hint);
    this.status = status;
  }
}

/** Who asks, of whom. */
export interface SignedCaller {
  readonly service: ServiceAddress;
  readonly signer: Signer;
  /** When it is signed; now by default. */
  readonly date?: Date;
  readonly signal?: AbortSignal;
}

/**
 * Asks the service for something, as an operator.
 * @param path such as /v1/payments/vault/create
 * @returns the field `data` of the answer
 * @throws ServiceRefusal where the answer is not 200, UserError where none comes or it was changed on its way
 */
export async function askService(caller: SignedCaller, path: string, body: object): Promise<Readonly<Record<string, unknown>>> {
  const { service, signer, date = new Date(), signal } = caller;
  const answer = await sendSigned(service, signer.sign(path, service.host, JSON.stringify(body), date), signal);
  const { status, text, attestation } = answer;
  if (status !== 200) {
    const message = answer.body?.message;
    throw new ServiceRefusal(
      status,
      `the service answered ${status} to ${path}: ${typeof message === "string" && message !== "" ? message : text.trim()}`,
      hintFor(status, service.stack),
    );
  }
  if (attestation.verdict === "wrong") throw new UserError(`the answer to ${path} cannot be trusted: ${attestation.why}`);
  const data = answer.body?.data;
  return typeof data === "object" && data !== null ? { ...data } : (answer.body ?? {});
}

/** Sends a request as it was signed. @throws UserError where no answer comes */
export async function sendSigned(service: ServiceAddress, signed: SignedRequest, signal?: AbortSignal): Promise<ServiceAnswer> {
  const { "(request-target)": target = "", ...headers } = signed.headers;
  const [method = "post", path = "/"] = target.split(" ");
  const until = AbortSignal.any([AbortSignal.timeout(answerMs), ...(signal === undefined ? [] : [signal])]);
  try {
    return await new Promise((resolve, reject) => {
      const sent = startRequest(
        new URL(path, service.url),
        { method: method.toUpperCase(), headers, signal: until, agent: false },
        (response) =>
          void readAll(response).then((text) => {
            const came = Object.fromEntries(Object.entries(response.headers).map(([name, value]) => [name, String(value)]));
            resolve({ status: response.statusCode ?? 0, text, body: objectIn(text), attestation: judgeAnswer(came, text) });
          }, reject),
      );
      sent.once("error", reject);
      sent.end(signed.octets);
    });
  } catch (error) {
    throw new UserError(
      `the service does not answer at ${service.url}: ${errorMessage(error)}`,
      `./nitro status -s ${service.stack} says what runs`,
    );
  }
}

function hintFor(status: number, stack: string): string | undefined {
  if (status === 401) return "a signature counts for 30 days from its date, and covers the body as it was sent";
  if (status === 403) return `only the stack's operators may ask for that: ./nitro operator keys -s ${stack} lists them`;
  return undefined;
}

function objectIn(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}
