import { expect, test } from "vitest";
import { readMadeBy, refuseNewer } from "../../model/layout.ts";

const own = { version: "1.2.0", layout: 2 };

test("a stack of a newer program is refused with both versions and the ways out", () => {
  const refused = () => refuseNewer("alice", { version: "1.4.0", layout: 3 }, own);
  expect(refused).toThrow('stack "alice" was made by a newer nitro-stacks (1.4.0, layout 3; this is 1.2.0, layout 2): nothing was changed');
  expect(refused).toThrow(expect.objectContaining({ hint: expect.stringMatching(/git pull.*-s <name>.*\.\/nitro down -s alice/) }));
});

test.each([undefined, { version: "1.1.0", layout: 1 }, { version: "1.9.0", layout: 2 }])("one of %o is brought up to date", (madeBy) => {
  expect(() => refuseNewer("alice", madeBy, own)).not.toThrow();
});

test("what is no such output is none", () => {
  expect(readMadeBy({ version: "1.2.0", layout: 2 })).toEqual(own);
  for (const other of [undefined, null, "1.2.0", { version: 1, layout: 2 }, { layout: 2 }]) expect(readMadeBy(other)).toBeUndefined();
});
