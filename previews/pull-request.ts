import { isRecord } from "../policies/values.ts";
import { type GitHub, GitHubError } from "./github.ts";

/** The run of preview.yml that a workflow_run event is about: all of it comes from GitHub, none from the request. */
export interface PreviewRunEvent {
  readonly id: number;
  readonly headSha: string;
  readonly headBranch: string;
  /** "owner/name" of the repository that the request comes from; a fork or this one. */
  readonly headRepository: string;
  readonly url: string;
}

/** @throws GitHubError where the event is not one of a finished run for a pull request */
export function parseRunEvent(text: string): PreviewRunEvent {
  const event: unknown = JSON.parse(text);
  const run = isRecord(event) ? event.workflow_run : undefined;
  if (!isRecord(run) || run.event !== "pull_request") throw new GitHubError("the event is not about a run for a pull request");
  const { id, head_sha: headSha, head_branch: headBranch, head_repository: repository, html_url: url } = run;
  const headRepository = isRecord(repository) ? repository.full_name : undefined;
  if (
    typeof id !== "number" ||
    typeof headSha !== "string" ||
    typeof headBranch !== "string" ||
    typeof headRepository !== "string" ||
    typeof url !== "string"
  )
    throw new GitHubError("the event lacks the run's id, url, head_sha, head_branch or head_repository");
  return { id, headSha, headBranch, headRepository, url };
}

/**
 * Finds the open request whose head is what the run previewed. The event's own list of requests is empty for forks, and a number in the artifact
 * could be any.
 * @returns its number; undefined where there is none (it was closed, or has newer commits, which have a run of their own), or more than one
 */
export async function findPullRequest(github: GitHub, repository: string, run: PreviewRunEvent): Promise<number | undefined> {
  const owner = run.headRepository.split("/")[0] ?? "";
  const found = await github.get("/pulls", { state: "open", head: `${owner}:${run.headBranch}`, per_page: "100" });
  const matching = listed(found).filter(
    ({ head, base }) =>
      isRecord(head) &&
      head.sha === run.headSha &&
      nameOf(head.repo) === run.headRepository &&
      isRecord(base) &&
      nameOf(base.repo) === repository,
  );
  const number = matching[0]?.number;
  return matching.length === 1 && typeof number === "number" ? number : undefined;
}

const marker = "<!-- nitro-preview -->";

/** Who posts with a workflow's own token. */
const author = "github-actions[bot]";

const mostPages = 50;

/** Posts the comment, in place of the one from before where there is one: there is never a second. */
export async function putComment(github: GitHub, pullRequest: number, text: string): Promise<"created" | "updated"> {
  const body = `${marker}\n${text}`;
  const existing = await findComment(github, pullRequest);
  if (existing === undefined) {
    await github.send("POST", `/issues/${pullRequest}/comments`, { body });
    return "created";
  }
  await github.send("PATCH", `/issues/comments/${existing}`, { body });
  return "updated";
}

/** A comment of somebody else that only begins alike is left alone. */
async function findComment(github: GitHub, pullRequest: number): Promise<number | undefined> {
  for (let page = 1; page <= mostPages; page++) {
    const comments = listed(await github.get(`/issues/${pullRequest}/comments`, { per_page: "100", page: String(page) }));
    const own = comments.find(
      ({ body, user }) =>
        typeof body === "string" && body.startsWith(marker) && isRecord(user) && user.login === author && user.type === "Bot",
    );
    if (typeof own?.id === "number") return own.id;
    if (comments.length < 100) return undefined;
  }
  return undefined;
}

function listed(answer: unknown): Readonly<Record<string, unknown>>[] {
  if (Array.isArray(answer)) return answer.filter(isRecord);
  throw new GitHubError("GitHub's answer is not a list");
}

function nameOf(repository: unknown): unknown {
  return isRecord(repository) ? repository.full_name : undefined;
}
