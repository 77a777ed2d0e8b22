/** A call of GitHub's API that failed, or an answer that is not what it has to be. */
export class GitHubError extends Error {
  override readonly name = "GitHubError";
}

export interface GitHubOptions {
  /** Base of the API, such as https://api.github.com. */
  readonly api: string;
  /** "owner/name" */
  readonly repository: string;
  readonly token: string;
}

/** GitHub's REST API for one repository, as far as comments on previews need it. https://docs.github.com/rest */
export class GitHub {
  private readonly options: GitHubOptions;

  constructor(options: GitHubOptions) {
    this.options = options;
  }

  /** @param path below the repository, such as `/pulls` */
  async get(path: string, query: Readonly<Record<string, string>> = {}): Promise<unknown> {
    return (await this.call("GET", `${path}?${new URLSearchParams(query)}`)).json();
  }

  async send(method: "POST" | "PATCH", path: string, body: object): Promise<void> {
    await this.call(method, path, JSON.stringify(body));
  }

  /**
   * @returns a file's bytes; GitHub answers with a redirection to where it lies, and fetch leaves the token behind on the way
   * @throws GitHubError where it has more than `most` bytes, as soon as that is known
   */
  async download(path: string, most: number): Promise<Buffer> {
    const { body } = await this.call("GET", path);
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of body ?? []) {
      length += chunk.length;
      if (length > most) throw new GitHubError(`${path} has more than ${most} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  }

  private async call(method: string, path: string, body?: string): Promise<Response> {
    const { api, repository, token } = this.options;
    const answer = await fetch(`${api}/repos/${repository}${path}`, {
      method,
      headers: {
        Accept: "application/vnd.github+json",
        Authorization: `Bearer ${token}`,
        "X-GitHub-Api-Version": "2022-11-28",
        ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body,
      signal: AbortSignal.timeout(30_000),
    });
    if (answer.ok) return answer;
    throw new GitHubError(`${method} ${path.split("?")[0]} was answered with ${answer.status}: ${(await answer.text()).slice(0, 300)}`);
  }
}
