import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Comment {
  readonly id: number;
  readonly body: string;
  readonly user: { readonly login: string; readonly type: string };
}

export const token = "a-token-of-this-job-alone";
const bot = { login: "github-actions[bot]", type: "Bot" };

/** As much of GitHub's REST API as comments need, with its rules: a token, pages of 100, artifacts that lie on another host. */
export class GitHubStandIn {
  readonly comments: Comment[] = [];
  pulls: object[] = [];
  artifact: { readonly name: string; readonly size: number; readonly bytes: Buffer; readonly expired?: boolean } | undefined;
  /** Every call, such as "POST /repos/team/nitro/issues/7/comments". */
  readonly calls: string[] = [];
  /** Called before a call is answered. */
  onCall: (call: string) => void = () => {};
  /** Headers that the host of artifacts got. */
  storageHeaders: NodeJS.Dict<string | string[]> = {};
  private readonly servers: Server[] = [];

  async start(): Promise<void> {
    this.servers.push(await listening((request, response) => void this.answer(request, response)));
    this.servers.push(
      await listening((request, response) => {
        this.storageHeaders = request.headers;
        response.end(this.artifact?.bytes);
      }),
    );
  }

  stop(): void {
    for (const server of this.servers) server.close().closeAllConnections();
  }

  get api(): string {
    return this.address(0);
  }

  private address(index: number): string {
    const address = this.servers[index]?.address() as AddressInfo | undefined;
    return `http://127.0.0.1:${address?.port}`;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://x");
    const call = `${request.method} ${url.pathname}`;
    this.calls.push(call);
    this.onCall(call);
    const body = await text(request);
    const [status, answer] =
      request.headers.authorization === `Bearer ${token}` ? this.dispatch(call, url, body) : [401, { message: "Bad credentials" }];
    response.writeHead(status, status === 302 ? { Location: String(answer) } : { "Content-Type": "application/json" });
    response.end(status === 302 ? "" : JSON.stringify(answer));
  }

  private dispatch(call: string, { searchParams }: URL, body: string): [status: number, answer: unknown] {
    const repository = "/repos/team/nitro";
    if (call === `GET ${repository}/pulls`) return [200, this.matching(searchParams.get("head") ?? "", searchParams.get("state") ?? "")];
    if (call === `GET ${repository}/actions/runs/42/artifacts`) return [200, { artifacts: this.artifacts(searchParams.get("name")) }];
    if (call === `GET ${repository}/actions/artifacts/5/zip`) return [302, `${this.address(1)}/signed?x=1`];
    if (call === `GET ${repository}/issues/7/comments`) return [200, this.page(searchParams)];
    if (call === `POST ${repository}/issues/7/comments`) return this.created(JSON.parse(body) as { body: string });
    const id = Number(new RegExp(`^PATCH ${repository}/issues/comments/(\\d+)$`).exec(call)?.[1]);
    const index = this.comments.findIndex((comment) => comment.id === id);
    const comment = this.comments[index];
    if (comment === undefined) return [404, { message: "Not Found" }];
    this.comments[index] = { ...comment, body: (JSON.parse(body) as { body: string }).body };
    return [200, comment];
  }

  private matching(head: string, state: string): object[] {
    const label = (pull: object) => ("head" in pull ? (pull.head as { label: string }).label : "");
    return state === "open" ? this.pulls.filter((pull) => label(pull) === head) : [];
  }

  private artifacts(name: string | null): object[] {
    const { artifact } = this;
    if (artifact === undefined || artifact.name !== name) return [];
    return [{ id: 5, name, size_in_bytes: artifact.size, expired: artifact.expired ?? false }];
  }

  private page(search: URLSearchParams): Comment[] {
    const [page, size] = [Number(search.get("page")), Number(search.get("per_page"))];
    return this.comments.slice((page - 1) * size, page * size);
  }

  private created({ body }: { body: string }): [number, unknown] {
    if (body.length > 65_536) return [422, { message: "body is too long" }];
    const comment = { id: 1000 + this.comments.length, body, user: bot };
    this.comments.push(comment);
    return [201, comment];
  }
}

function listening(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<Server> {
  return new Promise((resolve) => {
    const server = createServer(handler);
    server.listen(0, "127.0.0.1", () => resolve(server));
  });
}
