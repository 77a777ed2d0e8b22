import { createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";

/** A call of AWS that passed. */
export interface AwsCall {
  /** As policies name it: sts:AssumeRole, iam:CreateRole, qldb:CreateLedger, qldb:SendCommand. */
  readonly action: string;
  readonly accessKeyId: string;
  readonly body: string;
}

/**
 * Stands before a service that speaks AWS's protocols and passes everything on, as it is. It writes down who asks for what; and it refuses,
 * in AWS's words, credentials that nobody issued and actions that a test denies, which LocalStack and our ledger never do.
 */
export class AwsFront {
  readonly url: string;
  readonly calls: AwsCall[] = [];
  readonly denied = new Set<string>();
  private readonly server: Server;

  private constructor(server: Server, host: string) {
    this.server = server;
    this.url = `http://${host}:${(server.address() as AddressInfo).port}`;
  }

  /**
   * @param host the address to listen on
   * @param target where the service answers
   * @param issued whether an access key is known to AWS
   */
  static async start(host: string, target: string, issued: (accessKeyId: string) => boolean): Promise<AwsFront> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, host, listening));
    const front = new AwsFront(server, host);
    server.on("request", (request, response) => void front.answer(new URL(target), issued, request, response));
    return front;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  private async answer(target: URL, issued: (id: string) => boolean, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const call = { action: actionOf(request, body.toString()), accessKeyId: accessKeyOf(request), body: body.toString() };
    if (call.accessKeyId !== "") this.calls.push(call);
    if (call.accessKeyId !== "" && !issued(call.accessKeyId)) {
      return refuse(response, request, "InvalidClientTokenId", "The security token included in the request is invalid.");
    }
    if (this.denied.has(call.action)) {
      const message = `User: arn:aws:iam::000000000000:user/alice is not authorized to perform: ${call.action} on resource: arn:aws:test because no identity-based policy allows the ${call.action} action`;
      return refuse(response, request, call.action.startsWith("qldb:") ? "AccessDeniedException" : "AccessDenied", message);
    }
    const { hostname, port } = target;
    const onward = httpRequest({ hostname, port, method: request.method, path: request.url, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    onward.end(body);
  }
}

function accessKeyOf({ headers }: IncomingMessage): string {
  return /Credential=([^/]+)/.exec(headers.authorization ?? "")?.[1] ?? "";
}

/** REST paths of QLDB: https://docs.aws.amazon.com/qldb/latest/developerguide/API_Operations.html */
const restActions: Record<string, string> = { POST: "CreateLedger", GET: "DescribeLedger", PATCH: "UpdateLedger", DELETE: "DeleteLedger" };

function actionOf({ headers, method = "", url = "" }: IncomingMessage, body: string): string {
  const service = /\/(\w+)\/aws4_request/.exec(headers.authorization ?? "")?.[1] ?? "";
  const query = new URLSearchParams(body).get("Action");
  if (query !== null) return `${service}:${query}`;
  const target = headers["x-amz-target"];
  if (typeof target === "string") return `qldb:${target.split(".").at(-1)}`;
  if (url.startsWith("/tags/")) return `qldb:${method === "GET" ? "ListTagsForResource" : "TagResource"}`;
  return url.startsWith("/ledgers") ? `qldb:${restActions[method]}` : `${service}:${method} ${url}`;
}

function refuse(response: ServerResponse, request: IncomingMessage, code: string, message: string): void {
  const json = request.headers["content-type"]?.includes("json") === true || request.url !== "/";
  if (json) {
    response.writeHead(403, { "content-type": "application/json", "x-amzn-errortype": code });
    response.end(JSON.stringify({ __type: code, Message: message }));
    return;
  }
  response.writeHead(403, { "content-type": "text/xml" });
  response.end(
    `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`,
  );
}
