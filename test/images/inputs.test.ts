import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { goImageRefs, imageRefs, ledgerImageRefs } from "../../images/build.ts";
import { imageRoles, ownImages, repository, stackImageRoles } from "../../images/inputs.ts";
import { readPins } from "../../images/pins.ts";

let root: string;
const pins = readPins();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-inputs-"));
  cpSync(join(repository, "images"), join(root, "images"), { recursive: true });
  mkdirSync(join(root, "ledger/partiql"), { recursive: true });
  mkdirSync(join(root, "tunnel"));
  writeFileSync(join(root, "ledger/partiql/lexer.ts"), "export const one = 1;\n");
  writeFileSync(join(root, "package-lock.json"), "{}\n");
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

/** The images whose names differ after a change. */
function changedBy(change: () => void): string[] {
  const before = ownImages("amd64", pins, root);
  change();
  const after = ownImages("amd64", pins, root);
  return (["debian", ...imageRoles] as const).filter((role) => before[role] !== after[role]);
}

test("names are ours, a hash, and the same every time", () => {
  const refs = imageRefs("amd64");
  expect(imageRefs("amd64")).toEqual(refs);
  const { ledger } = ledgerImageRefs("amd64");
  const { go } = goImageRefs("amd64");
  const all = { ...refs, ledger, go };
  for (const role of imageRoles) expect(all[role]).toMatch(new RegExp(`^localhost/nitro/${role}:[0-9a-f]{16}$`));
});

test("a copy of the repository elsewhere has the same names", () => {
  const { debian, base, redis, localstack } = ownImages("amd64", pins, root);
  expect(ownImages("amd64", pins)).toMatchObject({ debian, base, redis, localstack });
});

test("architectures do not share images", () => {
  const amd64 = imageRefs("amd64");
  const arm64 = imageRefs("arm64");
  for (const role of stackImageRoles) expect(arm64[role]).not.toBe(amd64[role]);
  expect(ledgerImageRefs("arm64").ledger).not.toBe(ledgerImageRefs("amd64").ledger);
});

test.each([
  ["images/debootstrap.sh", ["debian", "base", "redis", "localstack", "node", "ledger", "go"]],
  ["images/base/Dockerfile", ["base", "redis", "localstack", "node", "ledger", "go"]],
  ["images/base/nitro-run", ["base", "redis", "localstack", "node", "ledger", "go"]],
  ["images/redis/Dockerfile", ["redis"]],
  ["images/localstack/Dockerfile", ["localstack"]],
  ["images/localstack/requirements.txt", ["localstack"]],
  ["images/node/Dockerfile", ["node", "ledger"]],
  ["images/ledger/Dockerfile", ["ledger"]],
  ["images/go/Dockerfile", ["go"]],
  ["tunnel/mux.ts", ["node", "ledger"]],
  ["ledger/partiql/lexer.ts", ["node", "ledger"]],
  ["package-lock.json", ["node", "ledger"]],
  ["images/README.md", []],
])("a change of %s renames %j", (file, roles) => {
  expect(changedBy(() => writeFileSync(join(root, file), "changed\n"))).toEqual(roles);
});

test("a new source file renames the node image, and the one on it", () => {
  expect(changedBy(() => writeFileSync(join(root, "ledger/new.ts"), ""))).toEqual(["node", "ledger"]);
});

test("a file that moves renames its image, though no content changed", () => {
  const move = () => {
    rmSync(join(root, "ledger/partiql/lexer.ts"));
    writeFileSync(join(root, "ledger/lexer.ts"), "export const one = 1;\n");
  };
  expect(changedBy(move)).toEqual(["node", "ledger"]);
});

test.each([
  ["redis", { ...pins, redis: { major: "9" } }],
  ["localstack", { ...pins, localstack: { ...pins.localstack, packages: { localstack: "0" } } }],
  ["node", { ...pins, node: { ...pins.node, version: "24.0.0" } }],
] as const)("another pin renames the %s image alone", (role, other) => {
  const before = ownImages("amd64", pins, root);
  const after = ownImages("amd64", other, root);
  expect(stackImageRoles.filter((name) => before[name] !== after[name])).toEqual([role]);
});

test("a user's own image is passed on as it is, and changes no other", () => {
  expect(imageRefs("amd64", { redis: "my/redis:7", base: undefined })).toEqual({ ...imageRefs("amd64"), redis: "my/redis:7" });
});
