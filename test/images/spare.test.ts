import { expect, test } from "vitest";
import type { Engine } from "../../docker/engine.ts";
import { EngineError } from "../../docker/error.ts";
import type { ListedImage } from "../../docker/types.ts";
import { removeFormerImages } from "../../images/spare.ts";

/** The nth image of its kind: the higher, the newer. */
function image(name: string, nth: number): ListedImage {
  const tag = name === "<none>" ? "<none>:<none>" : `localhost/nitro/${name}:${nth}`;
  return { id: `${name}-${nth}`, tags: [tag], size: 1, created: nth };
}

const numbers = [3, 5, 1, 4, 2];
const there = ["node", "nodelike", "redis", "<none>"].flatMap((name) => numbers.map((nth) => image(name, nth)));

/** An engine with those images. @param refusal of every removal */
function engine(refusal?: EngineError): { images: Pick<Engine, "images">; removed: string[] } {
  const removed: string[] = [];
  const remove = async (id: string) => {
    removed.push(id);
    if (refusal !== undefined) throw refusal;
  };
  const list = async (labels: Record<string, string>) => (labels["nitro.image"] === "" ? there : []);
  return { images: { images: { list, remove } as unknown as Engine["images"] }, removed };
}

test("the newest three of what was built stay, and of what has no name", async () => {
  const { images, removed } = engine();
  await removeFormerImages(images, ["node"]);
  expect(removed.sort()).toEqual(["<none>-1", "<none>-2", "node-1", "node-2"]);
});

test("one that is used stays", async () => {
  const { images, removed } = engine(new EngineError("image is being used", 409));
  await removeFormerImages(images, ["redis"]);
  expect(removed).toContain("redis-1");
});

test("any other refusal is told", async () => {
  const { images } = engine(new EngineError("no space", 500));
  await expect(removeFormerImages(images, ["redis"])).rejects.toThrow("no space");
});
