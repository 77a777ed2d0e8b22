import { expect, test } from "vitest";
import { sourceMessages } from "../../../docs/generate/messages.ts";

const errors = `
export class UserError extends Error {
  readonly hint: string | undefined;
  constructor(message: string, hint?: string, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}
export class StoppedError extends UserError {
  constructor(message: string, hint = "it goes on") {
    super(message, hint);
  }
}
`;

/** What «name» in the sources below stands for: a placeholder inside a plain text is taken for a mistake. */
const placeholder = ["$", "{$1}"].join("");

/** Messages of one file beside those classes, with their hints. */
function said(text: string, file = "cli/file.ts") {
  const sources = new Map([
    ["common/errors.ts", errors],
    [
      file,
      ['import { StoppedError, UserError } from "../common/errors.ts";', ...text.split("\n")]
        .join("\n")
        .replaceAll(/«(\w+)»/g, placeholder),
    ],
  ]);
  const { messages, borrowed } = sourceMessages(sources);
  return { messages: messages.map(({ text: message, hints, kind }) => [message, hints, kind]), borrowed };
}

test.each([
  ["a text", 'throw new UserError("no stack", "./nitro up");', [["no stack", ["./nitro up"], "UserError"]]],
  ["a template", 'throw new UserError(`no stack "«name»"\\n  here`);', [['no stack "…" here', [], "UserError"]]],
  [
    "both ways of a choice",
    'new UserError(a ? "is one" : b ?? "is none");',
    [
      ["is one", [], "UserError"],
      ["is none", [], "UserError"],
    ],
  ],
  ["a constant", "const what = `stack «name»`; new UserError(`«what» is away`);", [["stack … is away", [], "UserError"]]],
  ["what a function returns", 'const f = (n: string) => `no «n»`; new UserError(f("x"));', [["no x", [], "UserError"]]],
  [
    "what a factory is called with",
    'function fail(what: string, hint: string) { return new UserError(what, hint); }\nfail("too long", "cut it"); fail(`too «x»`, "mend it");',
    [
      ["too long", ["cut it", "mend it"], "UserError"],
      ["too …", ["cut it", "mend it"], "UserError"],
    ],
  ],
  ["lines of a list", 'const all = names.map((n) => `bad «n»`); new UserError(all.join("\\n"));', [["bad …", [], "UserError"]]],
  ["what is pushed", 'const all: string[] = []; all.push(`odd «x»`); new UserError(all.join("; "));', [["odd …", [], "UserError"]]],
  [
    "each of a loop",
    'const f = () => ["first", "second"]; for (const e of f()) new UserError(e);',
    [
      ["first", [], "UserError"],
      ["second", [], "UserError"],
    ],
  ],
  [
    "a field",
    'const f = () => ({ message: "full", hint: "empty it" }); const p = f(); new UserError(p.message, p.hint);',
    [["full", ["empty it"], "UserError"]],
  ],
  ["a default hint", 'new StoppedError("stopped");', [["stopped", ["it goes on"], "StoppedError"]]],
  [
    "a class that words its message itself",
    "class Bad extends UserError { constructor(n: string) { super(`«n» is bad`); } }\nnew Bad(x);",
    [["… is bad", [], "Bad"]],
  ],
  ["a class of the second generation", 'class Worse extends StoppedError {}\nnew Worse("worse");', [["worse", ["it goes on"], "Worse"]]],
  ["errors of others", 'new Error("inner"); new Map();', []],
])("%s", (_, text, messages) => {
  expect(said(text)).toEqual({ messages, borrowed: [] });
});

test("words of another error are told apart", () => {
  expect(said("try { f(); } catch (error) { throw new UserError(error.message); }")).toEqual({
    messages: [],
    borrowed: ["cli/file.ts: error.message"],
  });
});

test("a server's errors are its clients' affair", () => {
  expect(said('new UserError("inner");', "ledger/file.ts").messages).toEqual([]);
  expect(said('new UserError("outer");', "ledger/client.ts").messages).toEqual([]);
  expect(said('new UserError("outer");', "data/client.ts").messages).toHaveLength(1);
});
