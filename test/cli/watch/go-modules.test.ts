import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { embedPatterns, neighbourFolders, replacedFolders, usedFolders } from "../../../cli/watch/go-modules.ts";

const goMod = `module example.com/pay

require example.com/common v1.2.3

replace example.com/common => ../common // ours
replace (
\texample.com/a v1.0.0 => ./third_party/a
\texample.com/b => example.com/fork v1.0.0
\texample.com/c => "/srv/with blanks/c"
\t// example.com/d => ../d
)
`;

test("folders that replace modules, and no other modules", () => {
  expect(replacedFolders(goMod)).toEqual(["../common", "./third_party/a", "/srv/with blanks/c"]);
});

test("folders that go.work uses, alone and in blocks", () => {
  const goWork = "go 1.25\n\nuse ./pay // the program\nuse (\n\t./tools\n\t// ./old\n\t../shared\n)\n\nreplace example.com/x => ./x\n";
  expect(usedFolders(goWork)).toEqual(["./pay", "./tools", "../shared"]);
});

test("what a Go file embeds", () => {
  const source =
    'package x\n\n//go:embed a.txt templates/*.html\n//go:embed all:static "with blanks.txt" `raw.txt`\nvar files embed.FS\n// //go:embed no\n';
  expect(embedPatterns(source)).toEqual(["a.txt", "templates/*.html", "static", "with blanks.txt", "raw.txt"]);
});

test("go.mod and go.work count where Go finds them: in the folder or above", async () => {
  const root = mkdtempSync(join(tmpdir(), "nitro-modules-"));
  try {
    const folder = join(root, "pay", "cmd");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(root, "pay", "go.mod"), goMod);
    writeFileSync(join(root, "go.work"), "use (\n\t./pay\n\t./tools\n)\n");
    expect(await neighbourFolders(folder)).toEqual([
      ...[join(root, "common"), join(root, "pay/third_party/a"), "/srv/with blanks/c"],
      ...[join(root, "pay"), join(root, "tools")],
    ]);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
