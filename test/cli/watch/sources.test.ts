import { expect, test } from "vitest";
import { isGoSource, isSkipped, SourceSet, type Sources } from "../../../cli/watch/sources.ts";

const set = (more: Partial<Sources> = {}, neighbours: readonly string[] = []) =>
  new SourceSet({ folder: "/w/pay", also: [], ignore: [], output: "/w/pay/payments", ...more }, neighbours);

test.each([
  ["main.go", true],
  ["internal/pay/pay.go", true],
  ["go.mod", true],
  ["api/go.sum", true],
  ["go.work", true],
  ["vendor/modules.txt", true],
  ["internal/pay/pay_test.go", false],
  ["README.md", false],
  ["templates/mail.html", false],
])("%s is a source: %s", (path, expected) => {
  expect(isGoSource(path)).toBe(expected);
  expect(set().isSource(`/w/pay/${path}`)).toBe(expected);
});

test.each([
  [".git/config", true],
  ["web/node_modules/x/y.go", true],
  ["internal/.cache/a.go", true],
  ["internal/a.go", false],
  ["../common/a.go", false],
  ["", false],
])("%s is skipped: %s", (path, expected) => expect(isSkipped(path)).toBe(expected));

test("patterns add sources, tests too", () => {
  expect(set({ also: ["templates/**"] }).isSource("/w/pay/templates/a/mail.html")).toBe(true);
  expect(set({ also: ["*_test.go"] }).isSource("/w/pay/pay_test.go")).toBe(true);
});

test("patterns reach outside of the folder, and what they begin with is watched", () => {
  const outside = set({ also: ["../common/**", "../x/config.yml", "/etc/pay/*.json", "templates/**", ".config/*.yml"] });
  expect(outside.roots).toEqual(["/w/pay", "/w/common", "/w/x/config.yml", "/etc/pay", "/w/pay/.config"]);
  for (const path of ["/w/common/a/b.txt", "/w/x/config.yml", "/etc/pay/a.json", "/w/pay/.config/a.yml"]) {
    expect([path, outside.isSource(path), outside.isOutside(path)]).toEqual([path, true, false]);
  }
  expect(outside.isSource("/w/other/a.go")).toBe(false);
  expect(outside.isOutside("/w/other")).toBe(true);
  expect(outside.shown("/w/common/a.txt")).toBe("../common/a.txt");
});

test("what is ignored is no source, whatever says that it is: by path, by folder, by name", () => {
  const without = set({ also: ["**/*.txt"], ignore: ["internal/gen/**", "docs", "*.pb.go", "./x"] });
  for (const path of ["internal/gen/a.go", "docs/a.txt", "internal/docs/a.txt", "api/v1/pay.pb.go"]) {
    expect([path, without.isSource(`/w/pay/${path}`)]).toEqual([path, false]);
  }
  expect(without.isSource("/w/pay/internal/a.go")).toBe(true);
  expect(without.isOutside("/w/pay/docs")).toBe(true);
});

test("Go files of neighbours are sources, and their folders are watched once", () => {
  const both = set({}, ["/w/common", "/w/pay/third_party/a"]);
  expect(both.roots).toEqual(["/w/pay", "/w/common"]);
  expect(both.isSource("/w/common/a.go")).toBe(true);
  expect(both.isSource("/w/common/a_test.go")).toBe(false);
  expect(both.isSource("/w/common/a.txt")).toBe(false);
  expect(both.useNeighbours(["/w/common", "/w/tools"])).toEqual(["/w/tools"]);
  expect(both.isSource("/w/tools/a.go")).toBe(true);
});

test("what a Go file embeds is a source: files, patterns and folders, beside it or below", () => {
  const embedding = set();
  const file = "/w/pay/web/web.go";
  expect(embedding.useEmbeds(file, ["a.txt", "mail/*.html", "static"])).toBe(true);
  expect(embedding.useEmbeds(file, ["a.txt", "mail/*.html", "static"])).toBe(false);
  expect(embedding.embedRoots(file)).toEqual(["/w/pay/web/a.txt", "/w/pay/web/mail", "/w/pay/web/static"]);
  for (const path of ["a.txt", "mail/x.html", "static/css/a.css"])
    expect([path, embedding.isSource(`/w/pay/web/${path}`)]).toEqual([path, true]);
  for (const path of ["/w/pay/a.txt", "/w/pay/web/b.txt", "/w/pay/web/mail/x.txt"])
    expect([path, embedding.isSource(path)]).toEqual([path, false]);
  embedding.useEmbeds(file, []);
  expect(embedding.isSource("/w/pay/web/a.txt")).toBe(false);
});
