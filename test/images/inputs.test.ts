import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { goImageRefs, imageRefs, ledgerImageRefs, registryImageRefs } from "../../images/build.ts";
import { imageRoles, ownImages, programs, repository, stackImageRoles } from "../../images/inputs.ts";
import { readPins } from "../../images/pins.ts";
import { programInputs } from "../../images/program-inputs.ts";

let root: string;
const pins = readPins();

const sources = programInputs(repository, Object.values(programs)).sources.map(([path]) => path);

/** The images, the programs and the lock file of this repository, alone in another folder. */
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-inputs-"));
  for (const path of ["images", "package-lock.json", ...sources]) cpSync(join(repository, path), join(root, path), { recursive: true });
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
  const { registry } = registryImageRefs("amd64");
  const all = { ...refs, ledger, go, registry };
  for (const role of imageRoles) expect(all[role]).toMatch(new RegExp(`^localhost/nitro/${role}:[0-9a-f]{16}$`));
});

test("a copy of the repository elsewhere has the same names", () => {
  expect(ownImages("amd64", pins)).toEqual(ownImages("amd64", pins, root));
});

test("architectures do not share images", () => {
  const amd64 = imageRefs("amd64");
  const arm64 = imageRefs("arm64");
  for (const role of stackImageRoles) expect(arm64[role]).not.toBe(amd64[role]);
  expect(ledgerImageRefs("arm64").ledger).not.toBe(ledgerImageRefs("amd64").ledger);
});

test.each([
  ["images/debootstrap.sh", ["debian", "base", "redis", "localstack", "node", "ledger", "go", "registry"]],
  ["images/base/Dockerfile", ["base", "redis", "localstack", "node", "ledger", "go", "registry"]],
  ["images/base/nitro-run", ["base", "redis", "localstack", "node", "ledger", "go", "registry"]],
  ["images/redis/Dockerfile", ["redis"]],
  ["images/localstack/Dockerfile", ["localstack"]],
  ["images/localstack/requirements.txt", ["localstack"]],
  ["images/localstack/start.py", ["localstack"]],
  ["images/node/Dockerfile", ["node", "ledger"]],
  ["images/ledger/Dockerfile", ["ledger"]],
  ["images/go/Dockerfile", ["go"]],
  ["images/registry/config.yml", ["registry"]],
])("a change of %s renames %j", (file, roles) => {
  expect(changedBy(() => appendFileSync(join(root, file), "# changed\n"))).toEqual(roles);
});

test("a change of any source that a program imports renames the node image, and the one on it", () => {
  expect(sources).toEqual(expect.arrayContaining(["ledger/main.ts", "key-feeder/main.ts", "tunnel/main.ts", "ledger/partiql/lexer.ts"]));
  for (const file of sources)
    expect(
      changedBy(() => appendFileSync(join(root, file), "// changed\n")),
      file,
    ).toEqual(["node", "ledger"]);
});

test.each([
  ["README.md"],
  ["package.json"],
  ["ledger/README.md"],
  ["ledger/partiql/lexer.test.ts"],
  ["ledger/client/session.ts"],
  ["key-feeder/README.md"],
  ["test/ledger/partiql/lexer.test.ts"],
  ["images/README.md"],
  ["images/inputs.ts"],
  ...imageRoles.map((role) => [`images/${role}/README.md`]),
])("a change of %s, which nothing in a container reads, renames no image", (file) => {
  const change = () => {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    appendFileSync(join(root, file), "\n");
  };
  expect(changedBy(change)).toEqual([]);
});

test("a new source renames the node image as soon as something imports it", () => {
  const importer = join(root, "ledger/partiql/lexer.ts");
  mkdirSync(join(root, "common"), { recursive: true });
  expect(changedBy(() => writeFileSync(join(root, "common/new.ts"), "export const one = 1;\n"))).toEqual([]);
  expect(changedBy(() => appendFileSync(importer, 'import "../../common/new.ts";\n'))).toEqual(["node", "ledger"]);
  expect(changedBy(() => appendFileSync(join(root, "common/new.ts"), "\n"))).toEqual(["node", "ledger"]);
});

test("a source that moves renames its image, though no content but the import's changed", () => {
  const move = () => {
    const [from, to] = [join(root, "tunnel/mux.ts"), join(root, "tunnel/moved.ts")];
    cpSync(from, to);
    rmSync(from);
    const importer = join(root, "tunnel/relay.ts");
    writeFileSync(importer, readFileSync(importer, "utf8").replace("./mux.ts", "./moved.ts"));
  };
  expect(changedBy(move)).toEqual(["node", "ledger"]);
});

test.each([
  ["node_modules/ioredis", ["node", "ledger"]],
  ["node_modules/denque", ["node", "ledger"]],
  ["node_modules/esbuild", ["node", "ledger"]],
  ["node_modules/vitest", []],
  ["node_modules/@pulumi/pulumi", []],
])("another version of %s renames %j", (path, roles) => {
  const file = join(root, "package-lock.json");
  const upgrade = () => {
    const lock = JSON.parse(readFileSync(file, "utf8")) as { packages: Record<string, { version: string }> };
    const entry = lock.packages[path];
    if (entry === undefined) throw new Error(`${path} is not in package-lock.json`);
    entry.version = "99.0.0";
    writeFileSync(file, JSON.stringify(lock));
  };
  expect(changedBy(upgrade)).toEqual(roles);
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
