import type { StackOperator } from "../operators/keys.ts";
import { type ServiceAddress, type ServiceAnswer, type SignedCaller, sendSigned } from "../operators/service-api.ts";

/** What the service answered; a body that is JSON comes as its value. */
export interface ServiceReply {
  readonly status: number;
  readonly body: unknown;
}

/** Asks the service of a stack over HTTP. An answer of any status is one; only a service that does not answer is an error. */
export class ServiceClient {
  private readonly address: ServiceAddress;

  constructor(address: ServiceAddress) {
    this.address = address;
  }

  /** @param path such as /health-check */
  get(path: string): Promise<ServiceReply> {
    return reply(fetch(this.address.url + path));
  }

  /** @param body is sent as JSON */
  post(path: string, body: unknown): Promise<ServiceReply> {
    const headers = { "content-type": "application/json" };
    return reply(fetch(this.address.url + path, { method: "POST", body: JSON.stringify(body), headers }));
  }

  /**
   * POST of JSON, signed by an operator as the operators' tools do.
   * @param date that is signed; now by default
   * @returns the answer, with what its own signature is worth
   * @throws UserError where no answer comes
   */
  signed({ signer }: Pick<StackOperator, "signer">, path: string, body: unknown, date = new Date()): Promise<ServiceAnswer> {
    return sendSigned(this.address, signer.sign(path, this.address.host, JSON.stringify(body), date));
  }

  /**
   * An operator as the functions of key ceremonies want it.
   *
   * @example const vault = await createVault(stack.service.caller(stack.operator(1)), 2);
   */
  caller({ signer }: Pick<StackOperator, "signer">): SignedCaller {
    return { service: this.address, signer };
  }
}

async function reply(answer: Promise<Response>): Promise<ServiceReply> {
  const response = await answer;
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) };
  } catch {
    return { status: response.status, body: text };
  }
}
