import { expect, test } from "vitest";
import { type ListElement, listElements } from "../../../operators/report/elements.ts";

/** Given in pieces of so many characters: where a file is cut is chance. */
async function* pieces(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(text: string, size: number): Promise<ListElement[]> {
  const elements: ListElement[] = [];
  for await (const element of listElements(pieces(text, size))) elements.push(element);
  return elements;
}

const list = '\uFEFF[\n  {"a": "x]}\\",[", "b": [1, {"c": 2}]},\n  3.50 ,\n\n  "te\\\\xt",{\n"d":null}\n]\n';

test.each([1, 2, 3, 7, 1_000])("elements come one by one with their lines, whatever %i characters a piece", async (size) => {
  expect(await read(list, size)).toEqual([
    { text: '{"a": "x]}\\",[", "b": [1, {"c": 2}]}', line: 2 },
    { text: "3.50", line: 3 },
    { text: '"te\\\\xt"', line: 5 },
    { text: '{\n"d":null}', line: 5 },
  ]);
});

test("what JSON.parse takes apart is taken apart alike", async () => {
  const values = [1, "a,b", [[], {}], { a: { b: ["]", "}"] } }, null, true, -2.5e3, ""];
  for (const text of [JSON.stringify(values), JSON.stringify(values, null, 2), "[]", " [ ] "]) {
    const found = (await read(text, 4)).map((element) => JSON.parse(element.text));
    expect(found).toEqual(JSON.parse(text));
  }
});

test.each([
  ["", 1, "it is empty"],
  ["\n\n", 3, "it is empty"],
  ['{"to": 1}', 1, 'it begins with "{"'],
  ["[1,\n2", 2, "it ends before its list does"],
  ['["a', 1, "it ends before its list does"],
  ["[1,\n]", 2, 'before "]" a payment is missing'],
  ["[,1]", 1, 'before "," a payment is missing'],
  ["[1,\n,2]", 2, 'before "," a payment is missing'],
  ["[1]\n[2]", 2, 'after the list comes "["'],
  ["[1\n}]", 2, '"}" closes nothing'],
])("%j is no list: line %i, %s", async (text, line, message) => {
  for (const size of [1, 100]) await expect(read(text, size)).rejects.toMatchObject({ line, message: expect.stringContaining(message) });
});

test("a text without an end does not fill the memory", async () => {
  async function* endless() {
    yield '["';
    for (;;) yield "x".repeat(100_000);
  }
  const reading = (async () => {
    for await (const _ of listElements(endless())) throw new Error("there is no element");
  })();
  await expect(reading).rejects.toMatchObject({ line: 1, message: expect.stringContaining("no payment") });
});
