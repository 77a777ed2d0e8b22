import { describe, expect, test } from "vitest";
import { render } from "../../previews/render.ts";
import type { Report, ResourceChange } from "../../previews/report.ts";
import { markdown, plainText } from "../../previews/style.ts";

const type = "docker:index/container:Container";
const report = (changes: readonly Partial<ResourceChange>[], rest: Partial<Report> = {}): Report => ({
  title: "Preview of stack alice",
  changes: changes.map((change) => ({ operation: "replace", type, name: "service-container", differences: [], ...change })),
  unchanged: 0,
  findings: [],
  ...rest,
});

test("replacements come first, each with its reasons, then policies, then the rest in few lines", () => {
  const text = render(
    report(
      [
        { operation: "delete", name: "old" },
        { operation: "create", name: "a" },
        { operation: "create", name: "b" },
        { operation: "create", type: "docker:index/network:Network", name: "net" },
        {
          differences: [
            { property: "memory", from: "1", to: "2", replaces: false },
            { property: "command", from: "aaaaaaaaaaaa", to: "bbbbbbbbbbbb", replaces: true },
            { property: "labels x", from: "/bin/aaaaaaaaaaaa/p", to: "/bin/bbbbbbbbbbbb/p", replaces: true },
          ],
        },
      ],
      { unchanged: 7, findings: [{ policy: "loopback-only", type, resource: "redis-container", message: "port 1 is open" }] },
    ),
    markdown,
  );
  expect(text).toBe(`### Preview of stack alice: 1 replaced, 3 created, 1 deleted, policies broken once

**Replaced**
- container \`service-container\`
  - \`command\`: \`aaaaaaaaaaaa\` → \`bbbbbbbbbbbb\`, so too \`labels x\`
  - \`memory\`: \`1\` → \`2\`

**Policies broken**
- container \`redis-container\`: \`port 1 is open\` (policy loopback-only)

**Created**
- 2 containers: \`a\`, \`b\`
- network: \`net\`

**Deleted**
- container: \`old\`

7 unchanged
`);
});

test("nothing to tell is said in one line", () => {
  expect(render(report([], { unchanged: 17 }), plainText)).toBe("Preview of stack alice: nothing changes\n\n17 unchanged\n");
});

describe("values from a request", () => {
  const lineOf = (name: string) =>
    render(report([{ operation: "delete", name }]), markdown)
      .split("\n")
      .find((line) => line.startsWith("- container"));

  test.each([
    ["HTML", "<img src=x onerror=alert(1)>", "- container: `<img src=x onerror=alert(1)>`"],
    [
      "mentions, references and links",
      "@everyone #1 https://evil.example [x](y)",
      "- container: `@everyone #1 https://evil.example [x](y)`",
    ],
    ["a backtick", "a`b <b>", "- container: ``a`b <b>``"],
    ["backticks at the ends", "``", "- container: ``` `` ```"],
    ["new lines", "a\n\n# heading\r\n- item", "- container: `a·# heading·- item`"],
    ["characters that cannot be seen", "a\u202Eb\u200Bc\u0000d\u2028e", "- container: `a·b·c·d·e`"],
    ["nothing at all", "", "- container: `(empty)`"],
    ["a long one", "x".repeat(300), `- container: \`${"x".repeat(100)}…\``],
  ])("%s cannot act", (_, name, line) => expect(lineOf(name)).toBe(line));

  test("a value ends only where it is meant to, whatever is in it", () => {
    const alphabet = ["`", "``", "a", " ", "\\", "|", "<", "\n", "*"];
    for (let seed = 0; seed < 2000; seed++) {
      const name = Array.from(
        { length: 1 + (seed % 7) },
        (_, index) => alphabet[(seed * 7919 + index * 104729 + (seed >> index)) % alphabet.length],
      ).join("");
      const span = markdown.value(name);
      const fence = /^`+/.exec(span)?.[0] ?? "";
      const inside = span.slice(fence.length, -fence.length);
      expect(span.endsWith(fence)).toBe(true);
      expect(inside.match(/`+/g) ?? []).not.toContain(fence);
      expect(inside).not.toMatch(/^`|`$|\n/);
    }
  });

  test("a type that is none is not repeated", () => {
    expect(render(report([{ operation: "delete", type: "x:y:<script>" }]), markdown)).toContain("- resource: `service-container`");
  });
});

test("a report of any size fits a comment", () => {
  const differences = Array.from({ length: 50 }, (_, index) => ({
    property: `p${index}`,
    from: "`".repeat(400),
    to: "x".repeat(400),
    replaces: true,
  }));
  const many = Array.from({ length: 1000 }, (_, index) => ({ name: `c${index} ${"n".repeat(400)}`, differences }));
  const findings = Array.from({ length: 1000 }, () => ({ policy: "x", type, resource: "y".repeat(300), message: "z".repeat(3000) }));
  const text = render(report(many, { findings }), markdown);
  expect(text.length).toBeLessThan(61_000);
  expect(text).toContain("1000 replaced");
});
