import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  checkpointFiles,
  dockerTypes,
  mendAttributes,
  parseState,
  readStateFile,
  removeBackups,
  stateIds,
} from "../../automation/state.ts";

const container = { urn: "urn:c", type: dockerTypes.container, id: "abc", custom: true, inputs: { name: "nitro-x" } };
const component = { urn: "urn:s", type: "nitro:stack:Developer" };
const pending = [{ resource: { urn: "urn:p", type: dockerTypes.network }, type: "creating" }];

describe("parseState", () => {
  it("reads an export and a checkpoint alike", () => {
    const deployment = { resources: [component, container], pending_operations: pending };
    const expected = {
      resources: [
        { urn: "urn:s", type: "nitro:stack:Developer", id: "" },
        { urn: "urn:c", type: dockerTypes.container, id: "abc", name: "nitro-x" },
      ],
      pending: ["urn:p"],
    };
    expect(parseState(JSON.stringify({ version: 3, deployment }))).toEqual(expected);
    expect(parseState(JSON.stringify({ version: 3, checkpoint: { stack: "x", latest: deployment } }))).toEqual(expected);
  });

  it("reads a stack that was only made", () => {
    expect(parseState('{"version":3,"checkpoint":{"stack":"x"}}')).toEqual({ resources: [], pending: [] });
    expect(parseState('{"version":3,"deployment":{"resources":null}}')).toEqual({ resources: [], pending: [] });
  });

  it("finds what the stack says of the program that made it", () => {
    const madeBy = { version: "1.4.0", layout: 3 };
    const root = { urn: "urn:r", type: "pulumi:pulumi:Stack", outputs: { madeBy } };
    expect(parseState(JSON.stringify({ deployment: { resources: [root, container] } }))).toMatchObject({ madeBy, hasOutputs: true });
    const unfinished = { ...root, outputs: {} };
    expect(parseState(JSON.stringify({ deployment: { resources: [unfinished, container] } })).hasOutputs).toBeUndefined();
  });

  it("finds the ids of one kind", () => {
    const state = parseState(JSON.stringify({ deployment: { resources: [component, container] } }));
    expect(stateIds(state, "container")).toEqual(["abc"]);
    expect(stateIds(state, "network")).toEqual([]);
  });
});

describe("readStateFile", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "nitro-state-"));
    await mkdir(join(folder, ".pulumi/stacks/nitro"), { recursive: true });
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("reads plain and packed files, and knows a stack that is not there", async () => {
    const text = JSON.stringify({ checkpoint: { latest: { resources: [container] } } });
    await writeFile(join(folder, ".pulumi/stacks/nitro/alice.json"), text);
    await writeFile(join(folder, ".pulumi/stacks/nitro/bob.json.gz"), gzipSync(text));
    const expected = { resources: [{ urn: "urn:c", type: dockerTypes.container, id: "abc", name: "nitro-x" }], pending: [] };
    expect(await readStateFile(folder, "alice")).toEqual(expected);
    expect(await readStateFile(folder, "bob")).toEqual(expected);
    expect(await readStateFile(folder, "carol")).toBeUndefined();
  });
});

it("removes attributes that a killed pulumi left empty or cut off, and leaves sound ones", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nitro-state-"));
  try {
    const [plain, packed] = checkpointFiles(folder, "alice");
    await mkdir(dirname(plain), { recursive: true });
    const contents = {
      [`${plain}.attrs`]: "",
      [`${plain}.bak.attrs`]: '{"user.',
      [`${packed}.attrs`]: '{"user.cache_control":""}',
      [plain]: "",
    };
    for (const [file, text] of Object.entries(contents)) await writeFile(file, text);
    await mendAttributes(folder, "alice");
    expect((await readdir(dirname(plain))).sort()).toEqual(["alice.json", "alice.json.gz.attrs"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

it("removes the backups of a removed stack, and no others", async () => {
  const folder = await mkdtemp(join(tmpdir(), "nitro-state-"));
  try {
    const backups = join(folder, ".pulumi/backups/nitro");
    for (const stack of ["alice", "alice-2", "bob"]) {
      await mkdir(join(backups, stack), { recursive: true });
      await writeFile(join(backups, stack, `${stack}.1.json`), "{}");
    }
    const left = ["history/nitro", "locks/organization/nitro"].map((path) => join(folder, ".pulumi", path));
    for (const path of left.flatMap((each) => ["alice", "bob", "carol"].map((stack) => join(each, stack)))) {
      await mkdir(path, { recursive: true });
      if (path.endsWith("carol")) await writeFile(join(path, "of-another-command.json"), "{}");
    }
    const [alice] = checkpointFiles(folder, "alice");
    const stacks = dirname(alice);
    await mkdir(stacks, { recursive: true });
    const removed = ["alice.json.bak", "alice.json.bak.attrs", "alice.json.gz.bak"];
    const others = ["alice-2.json.bak", "bob.json", "bob.json.attrs", "bob.json.bak"];
    for (const file of [...removed, ...others]) await writeFile(join(stacks, file), "{}");
    await removeBackups(folder, "alice");
    await removeBackups(folder, "carol");
    // This one is there.
    await removeBackups(folder, "bob");
    expect((await readdir(stacks)).sort()).toEqual(others);
    expect((await readdir(backups)).sort()).toEqual(["alice-2", "bob"]);
    for (const path of left) expect((await readdir(path)).sort()).toEqual(["bob", "carol"]);
    expect(await readdir(join(backups, "bob"))).toEqual(["bob.1.json"]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
