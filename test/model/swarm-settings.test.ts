import { expect, test } from "vitest";
import { checkSettings } from "../../model/settings.ts";

const service = '{"files":["./a.pem:/etc/a.pem"],"writable":["./coverage:/coverage","/var/cache"],"ulimits":{"nofile":64}}';
const refused = { "nitro:service": service, "nitro:swap": '{"mode":"mount"}' };

test("what a swarm cannot do is refused by name, with what is allowed", () => {
  const { problems } = checkSettings({ "nitro:runtime": "swarm", ...refused });
  expect(problems.map((problem) => problem.replace(/ is .*: with/, ": with"))).toEqual([
    "nitro:swap.mode: with runtime swarm allowed are image, auto: other nodes see no file of this machine",
    "nitro:service.files: with runtime swarm allowed is an empty list: put the files into an image, service.image",
    "nitro:service.writable: with runtime swarm allowed are folders in memory, such as /var/cache",
    "nitro:service.ulimits: with runtime swarm allowed is {}: set them for the nodes' engines (default-ulimits)",
  ]);
});

test("containers may have all of it, and a swarm what is in memory or in an image", () => {
  expect(checkSettings(refused).problems).toEqual([]);
  const allowed = { "nitro:service": '{"writable":["/var/cache"]}', "nitro:swap": '{"mode":"image"}' };
  expect(checkSettings({ "nitro:runtime": "swarm", ...allowed }).problems).toEqual([]);
});

test("a runtime that there is not", () => {
  expect(checkSettings({ "nitro:runtime": "kubernetes" }).problems).toEqual([
    'nitro:runtime is "kubernetes": allowed are container, swarm',
  ]);
});
