import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const folder = resolve(import.meta.dirname, "../../.github/workflows");
const files = readdirSync(folder);

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: unknown;
  readonly jobs: Readonly<
    Record<string, { readonly permissions: unknown; readonly "timeout-minutes": number; readonly steps: readonly Step[] }>
  >;
}

const text = (file: string) => readFileSync(join(folder, file), "utf8");
const workflow = (file: string) => parse(text(file)) as Workflow;
const steps = (file: string) => Object.values(workflow(file).jobs).flatMap((job) => job.steps);

const expression = (words: string) => `\${{ ${words} }}`;

test("these are the workflows", () => expect(files.sort()).toEqual(["comment.yml", "preview.yml", "test.yml"]));

describe.each(files)("%s", (file) => {
  test("pins every action by a commit, and names the version", () => {
    const uses = [...text(file).matchAll(/uses: *(.*)/g)].map(([, action]) => action);
    expect(uses.length).toBeGreaterThan(0);
    for (const action of uses) expect(action).toMatch(/^actions\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test("gives each job what it needs, and the workflow nothing", () => {
    expect(workflow(file).permissions).toEqual({});
    const expected = file === "comment.yml" ? { actions: "read", contents: "read", "pull-requests": "write" } : { contents: "read" };
    for (const job of Object.values(workflow(file).jobs)) {
      expect(job.permissions).toEqual(expected);
      expect(job["timeout-minutes"]).toBeLessThanOrEqual(90);
    }
  });

  test("leaves no credentials in a checkout, and puts no expression into a script", () => {
    for (const { uses, with: inputs, run } of steps(file)) {
      if (uses?.startsWith("actions/checkout@")) expect(inputs?.["persist-credentials"]).toBe(false);
      expect(run ?? "").not.toContain("${{");
    }
  });

  test("uses no secret of the repository", () => expect(text(file)).not.toMatch(/secrets\./));
});

describe("a request's code", () => {
  test("runs where nothing can be written", () => {
    expect(Object.keys(workflow("preview.yml").on)).toEqual(["pull_request"]);
    expect(Object.keys(workflow("test.yml").on).sort()).toEqual(["pull_request", "push"]);
    for (const file of ["preview.yml", "test.yml"])
      for (const { env } of steps(file)) expect(JSON.stringify(env ?? {})).not.toMatch(/token/i);
  });

  test("never gets to where comments are written", () => {
    expect(workflow("comment.yml").on).toEqual({ workflow_run: { workflows: ["preview"], types: ["completed"] } });
    const [checkout, node, script, ...more] = steps("comment.yml");
    expect(checkout?.with).toEqual({ ref: expression("github.event.repository.default_branch"), "persist-credentials": false });
    expect(node?.with).toEqual({ "node-version": 24 });
    expect(script).toEqual({ run: "node previews/comment.ts", env: { GITHUB_TOKEN: expression("github.token") } });
    expect(more).toEqual([]);
  });
});
