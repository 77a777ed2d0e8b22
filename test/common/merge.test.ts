import { describe, expect, it } from "vitest";
import { merge } from "../../common/merge.ts";

async function* source(...items: string[]): AsyncGenerator<string> {
  yield* items;
}

async function collect(sources: AsyncIterable<string>[], complete: boolean): Promise<string[]> {
  const found: string[] = [];
  for await (const { source, item } of merge(sources, (text) => text, complete)) found.push(`${source}${item}`);
  return found;
}

describe("merge", () => {
  it("puts complete sources in order, equal keys in the order of the sources", async () => {
    expect(await collect([source("a", "d"), source(), source("a", "b", "e")], true)).toEqual(["0a", "2a", "2b", "0d", "2e"]);
  });

  it("does not wait for a silent source where sources go on", async () => {
    let release = () => {};
    async function* silent(): AsyncGenerator<string> {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
    }
    const merged = merge([silent(), source("x", "y")], (text) => text, false);
    expect((await merged.next()).value).toEqual({ source: 1, item: "x" });
    expect((await merged.next()).value).toEqual({ source: 1, item: "y" });
    release();
    expect((await merged.next()).done).toBe(true);
  });

  it("ends its sources when nobody reads on", async () => {
    let ended = false;
    async function* endless(): AsyncGenerator<string> {
      try {
        for (;;) yield "x";
      } finally {
        ended = true;
      }
    }
    for await (const _ of merge([endless()], (text) => text, true)) break;
    expect(ended).toBe(true);
  });
});
