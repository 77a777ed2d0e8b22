import { spawn } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { blueprint, container, image } from "./blueprints.ts";
import { GitHubStandIn, token } from "./github-stand-in.ts";
import { makeZip } from "./make-zip.ts";

const root = resolve(import.meta.dirname, "../..");
const scratch = mkdtempSync(join(tmpdir(), "nitro-comment-"));
// A checkout without node_modules, as the workflow has it.
for (const folder of ["previews", "policies", "model/replaced-inputs.ts", "package.json"])
  cpSync(join(root, folder), join(scratch, folder), { recursive: true });

const sha = "c0ffee".repeat(6).slice(0, 40).padEnd(40, "0");
const run = {
  id: 42,
  event: "pull_request",
  head_sha: sha,
  head_branch: "feature",
  head_repository: { full_name: "someone/nitro" },
  html_url: "https://github.example/team/nitro/actions/runs/42",
  // Empty for forks, and what it says is not used where it is not.
  pull_requests: [{ number: 666 }],
};
const pull = {
  number: 7,
  head: { label: "someone:feature", sha, repo: { full_name: "someone/nitro" } },
  base: { repo: { full_name: "team/nitro" } },
};

let github: GitHubStandIn;

beforeEach(async () => {
  github = new GitHubStandIn();
  await github.start();
  github.pulls = [pull];
});
afterEach(() => github.stop());
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function upload(files: Readonly<Record<string, string>>): void {
  const bytes = makeZip(files);
  given({ size: bytes.length, bytes });
}

function given(artifact: { readonly size: number; readonly bytes: Buffer }): void {
  github.artifact = { name: "preview", ...artifact };
}

const swap = {
  "base.json": JSON.stringify(blueprint(image(), container())),
  "head.json": JSON.stringify(blueprint(image(), container({ command: ["bbbbbbbbbbbb", "serve"] }))),
};

/** Runs the script as the workflow does. */
async function comment(event: object = { workflow_run: run }) {
  const file = join(scratch, "event.json");
  writeFileSync(file, JSON.stringify(event));
  const env = {
    PATH: process.env.PATH,
    GITHUB_EVENT_PATH: file,
    GITHUB_API_URL: github.api,
    GITHUB_REPOSITORY: "team/nitro",
    GITHUB_TOKEN: token,
  };
  const child = spawn(process.execPath, ["previews/comment.ts"], { cwd: scratch, env, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((done) => child.once("close", done));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

const writes = () => github.calls.filter((call) => !call.startsWith("GET "));

describe("a preview that a fork's request uploaded", () => {
  test("becomes one comment, on the request whose head it is", async () => {
    upload(swap);
    expect(await comment()).toEqual({ code: 0, stdout: "pull request 7: comment created\n", stderr: "" });
    expect(github.comments.map(({ body }) => body)).toEqual([
      `<!-- nitro-preview -->
### Preview of this change: 1 replaced

**Replaced**
- container \`service-container\`
  - \`command\`: \`aaaaaaaaaaaa\` → \`bbbbbbbbbbbb\`

1 unchanged

<sub>of ${sha.slice(0, 12)} against its base, by [this run](${run.html_url})</sub>
`,
    ]);
  });

  test("replaces the comment from before, and nobody else's", async () => {
    const strangers = Array.from({ length: 150 }, (_, index) => ({
      id: index,
      body: "<!-- nitro-preview --> I am not it",
      user: { login: `someone${index}`, type: "User" },
    }));
    github.comments.push(...strangers, {
      id: 900,
      body: "<!-- nitro-preview -->\nold",
      user: { login: "github-actions[bot]", type: "Bot" },
    });
    upload(swap);
    expect((await comment()).stdout).toBe("pull request 7: comment updated\n");
    expect(writes()).toEqual(["PATCH /repos/team/nitro/issues/comments/900"]);
    expect(github.comments.at(-1)?.body).toContain("1 replaced");
    expect(github.comments.slice(0, 150)).toEqual(strangers);
    await comment();
    expect(github.comments).toHaveLength(151);
  });

  test("the token does not follow the artifact to where it lies", async () => {
    upload(swap);
    await comment();
    expect(github.storageHeaders.host).toBeDefined();
    expect(github.storageHeaders.authorization).toBeUndefined();
  });

  test("policies are those of this checkout", async () => {
    upload({ ...swap, "head.json": JSON.stringify(blueprint(image(), container({ privileged: true }))) });
    await comment();
    expect(github.comments[0]?.body).toContain("(policy unprivileged)");
  });

  test("markup in it does nothing", async () => {
    const evil = "`</code> <img src=x> @team [x](https://evil.example)\n\n# hello";
    upload({ "head.json": JSON.stringify(blueprint(container({}, evil))) });
    await comment();
    expect(github.comments[0]?.body).toContain(
      "- container: ``` `</code> <img src=x> @team [x](https://evil.example)·# hello ```".replaceAll("```", "``"),
    );
  });
});

describe("nothing is posted", () => {
  const other = (changes: object) => ({ ...pull, ...changes });
  test.each([
    ["where the request was closed", []],
    ["where it has a newer head", [other({ head: { ...pull.head, sha: "0".repeat(40) } })]],
    ["where another repository has that branch", [other({ head: { ...pull.head, repo: { full_name: "someone/else" } } })]],
    ["where the fork is gone", [other({ head: { ...pull.head, repo: null } })]],
    ["where two requests have that head", [pull, other({ number: 8 })]],
  ])("%s", async (_, pulls) => {
    github.pulls = pulls;
    upload(swap);
    const { code, stdout } = await comment();
    expect(code).toBe(0);
    expect(stdout).toContain(`no open pull request has ${sha} as its head`);
    expect(writes()).toEqual([]);
  });

  test("where the head moved meanwhile", async () => {
    upload(swap);
    github.onCall = (call) => {
      if (call.endsWith("/zip")) github.pulls = [];
    };
    expect((await comment()).stdout).toBe("pull request 7 has moved on\n");
    expect(writes()).toEqual([]);
  });

  test.each([
    ["another event", { workflow_run: { ...run, event: "push" } }, "not about a run for a pull request"],
    ["no event", {}, "not about a run for a pull request"],
    ["an incomplete one", { workflow_run: { ...run, head_repository: null } }, "the event lacks the run's id"],
  ])("for %s", async (_, event, problem) => {
    const { code, stderr } = await comment(event);
    expect(code).toBe(1);
    expect(stderr).toContain(problem);
    expect(github.calls).toEqual([]);
  });

  test("where GitHub refuses, and it says so", async () => {
    upload(swap);
    github.pulls = [other({ number: 9 })];
    const { code, stderr } = await comment();
    expect(code).toBe(1);
    expect(stderr).toBe('error: GET /issues/9/comments was answered with 404: {"message":"Not Found"}\n');
  });
});

describe("what cannot be used is told in the comment, in words of ours", () => {
  test.each([
    ["no artifact", () => {}, "this change cannot be previewed"],
    ["no head", () => upload({ "base.json": swap["base.json"] }), "this change cannot be previewed"],
    ["no JSON", () => upload({ "head.json": "<b>hello" }), "head.json is not JSON"],
    [
      "JSON nested 200,000 deep",
      () => upload({ "head.json": swap["head.json"].replace('"bbbbbbbbbbbb"', `${'{"a":'.repeat(200_000)}1${"}".repeat(200_000)}`) }),
      "head.json is nested more than 32 deep",
    ],
    ["a bomb", () => upload({ "head.json": "0".repeat(30_000_000) }), "file head.json is larger than 2000000 bytes"],
    ["no archive", () => given({ size: 5, bytes: Buffer.from("hello") }), "it is no ZIP archive"],
    ["too large", () => given({ size: 1_000_001, bytes: Buffer.alloc(0) }), "it has 1000001 bytes, allowed are 1000000"],
  ])("%s", async (_, prepare, problem) => {
    prepare();
    const { code, stdout } = await comment();
    expect({ code, stdout }).toEqual({ code: 0, stdout: "pull request 7: comment created\n" });
    expect(github.comments[0]?.body).toContain(problem);
    expect(github.comments[0]?.body).not.toContain("hello");
  });

  test("an artifact that is larger than GitHub says is not read to its end", async () => {
    given({ size: 10, bytes: Buffer.alloc(3_000_000) });
    const { code, stderr } = await comment();
    expect(code).toBe(1);
    expect(stderr).toContain("has more than 1000000 bytes");
    expect(writes()).toEqual([]);
  });

  test("without a base everything is new", async () => {
    upload({ "head.json": swap["head.json"] });
    await comment();
    expect(github.comments[0]?.body).toContain("### Preview, with nothing to compare with: 2 created");
  });
});
