// Run by .github/workflows/comment.yml, from the default branch and without npm packages: nothing here may import one.
import { readFileSync } from "node:fs";
import { policies } from "../policies/all.ts";
import { isRecord } from "../policies/values.ts";
import { BlueprintError, parseBlueprint } from "./blueprint.ts";
import { compareBlueprints } from "./compare.ts";
import { GitHub, GitHubError } from "./github.ts";
import { findPullRequest, type PreviewRunEvent, parseRunEvent, putComment } from "./pull-request.ts";
import { render } from "./render.ts";
import { replacingInputs } from "./replacing.ts";
import { markdown } from "./style.ts";
import { readZipEntry, ZipError } from "./zip.ts";

/** Of the artifact as GitHub packs it, and of a file in it, in bytes. */
const mostPacked = 1_000_000;
const mostUnpacked = 2_000_000;

async function main(env: NodeJS.ProcessEnv): Promise<string> {
  const repository = needed(env, "GITHUB_REPOSITORY");
  const github = new GitHub({ api: needed(env, "GITHUB_API_URL"), repository, token: needed(env, "GITHUB_TOKEN") });
  const run = parseRunEvent(readFileSync(needed(env, "GITHUB_EVENT_PATH"), "utf8"));
  const pullRequest = await findPullRequest(github, repository, run);
  if (pullRequest === undefined) return `no open pull request has ${run.headSha} as its head: nothing to comment on`;
  const text = await describeRun(github, run);
  // Packing it out took a while: a newer head has a newer comment.
  if ((await findPullRequest(github, repository, run)) !== pullRequest) return `pull request ${pullRequest} has moved on`;
  return `pull request ${pullRequest}: comment ${await putComment(github, pullRequest, `${text}\n${footer(run)}`)}`;
}

function needed(env: NodeJS.ProcessEnv, name: string): string {
  const value = env[name];
  if (value === undefined || value === "") throw new GitHubError(`${name} is not set: this runs in a workflow of GitHub's`);
  return value;
}

/** The default branch's policies judge, and not those that the request may have changed. */
async function describeRun(github: GitHub, run: PreviewRunEvent): Promise<string> {
  try {
    const files = await previewFiles(github, run.id);
    if (files.head === undefined) return "### Preview: this change cannot be previewed\n\nThe run says why.\n";
    const head = parseBlueprint(files.head, "head.json");
    const base = files.base === undefined ? undefined : parseBlueprint(files.base, "base.json");
    const title = base === undefined ? "Preview, with nothing to compare with" : "Preview of this change";
    return render({ title, ...compareBlueprints(base, head, policies, replacingInputs()) }, markdown);
  } catch (error) {
    if (!(error instanceof BlueprintError || error instanceof ZipError)) throw error;
    return `### Preview: what the run uploaded cannot be used\n\n${markdown.value(error.message)}\n`;
  }
}

async function previewFiles(github: GitHub, run: number): Promise<{ readonly base?: string; readonly head?: string }> {
  const answer = await github.get(`/actions/runs/${run}/artifacts`, { name: "preview" });
  const artifacts = isRecord(answer) && Array.isArray(answer.artifacts) ? answer.artifacts.filter(isRecord) : [];
  const artifact = artifacts.find(({ name, expired }) => name === "preview" && expired !== true);
  if (artifact === undefined) return {};
  const { id, size_in_bytes: size } = artifact;
  if (typeof id !== "number" || typeof size !== "number") throw new GitHubError("GitHub's answer does not describe the artifact");
  if (size > mostPacked) throw new ZipError(`it has ${size} bytes, allowed are ${mostPacked}`);
  const archive = await github.download(`/actions/artifacts/${id}/zip`, mostPacked);
  const text = (name: string) => readZipEntry(archive, name, mostUnpacked)?.toString("utf8");
  return { base: text("base.json"), head: text("head.json") };
}

function footer({ headSha, url }: PreviewRunEvent): string {
  return `<sub>of ${headSha.slice(0, 12)} against its base, by [this run](${url})</sub>\n`;
}

try {
  process.stdout.write(`${await main(process.env)}\n`);
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
