import { describe, expect, test } from "vitest";
import { policies } from "../../policies/all.ts";
import type { Blueprint } from "../../previews/blueprint.ts";
import { compareBlueprints } from "../../previews/compare.ts";
import { replacingInputs } from "../../previews/replacing.ts";
import { blueprint, container, image, resource } from "./blueprints.ts";

const compare = (base: Blueprint | undefined, head: Blueprint) => compareBlueprints(base, head, policies, replacingInputs());
const told = (base: Blueprint, head: Blueprint) => compare(base, head).changes.map(({ operation, name }) => `${operation} ${name}`);

describe("two versions of a program", () => {
  test("the same one twice changes nothing", () => {
    expect(compare(blueprint(image(), container()), blueprint(image(), container()))).toEqual({ changes: [], unchanged: 2, findings: [] });
  });

  test("an input that the plugin cannot change in place replaces, and says which one", () => {
    const { changes } = compare(blueprint(container()), blueprint(container({ command: ["bbbbbbbbbbbb", "serve"], restart: "no" })));
    expect(changes).toEqual([
      {
        operation: "replace",
        type: "docker:index/container:Container",
        name: "service-container",
        differences: [
          { property: "command", from: "aaaaaaaaaaaa", to: "bbbbbbbbbbbb", replaces: true },
          { property: "restart", from: undefined, to: "no", replaces: false },
        ],
      },
    ]);
  });

  test("any other input updates", () => {
    expect(told(blueprint(container()), blueprint(container({ restart: "no" })))).toEqual(["update service-container"]);
  });

  test("what the plugin would update, and stacks replace, is told as they do it", () => {
    expect(told(blueprint(container()), blueprint(container({ memory: 512 })))).toEqual(["replace service-container"]);
  });

  test("a resource comes, another goes", () => {
    expect(told(blueprint(container({}, "a")), blueprint(container({}, "b")))).toEqual(["create b", "delete a"]);
  });

  test("without a base everything is new", () => {
    expect(compare(undefined, blueprint(image(), container())).changes.map(({ operation }) => operation)).toEqual(["create", "create"]);
  });

  test("a replaced image replaces the containers that take its id, and these what takes theirs", () => {
    const follower = resource(
      "docker:index/container:Container",
      "proxy-container",
      { networkMode: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
      { networkMode: "docker:index/container:Container service-container" },
    );
    const other = resource("docker:index/container:Container", "other-container", { image: `x:${"0a".repeat(8)}` });
    const base = blueprint(image(), container(), follower, other);
    const head = blueprint(image(`localhost/nitro/node:${"0b".repeat(8)}`), container(), follower, other);
    expect(told(base, head)).toEqual(["replace node-image", "replace service-container", "replace proxy-container"]);
    expect(compare(base, head).changes[1]?.differences).toEqual([
      { property: "image", from: undefined, to: "comes from node-image", replaces: true },
    ]);
  });

  test("a new password replaces what has it in a secret", () => {
    const password = (length: number) => resource("random:index/randomPassword:RandomPassword", "password", { length });
    const user = resource(
      "docker:index/container:Container",
      "redis",
      { envs: ["[secret]"] },
      { envs: "random:index/randomPassword:RandomPassword password" },
    );
    expect(told(blueprint(password(32), user), blueprint(password(40), user))).toEqual(["replace password", "replace redis"]);
  });

  test("an updated source replaces nothing", () => {
    const source = (destroyGraceSeconds: number) => resource("docker:index/container:Container", "source", { destroyGraceSeconds });
    const user = resource(
      "docker:index/container:Container",
      "user",
      { hostname: "04da6b54-80e4-46f7-96ec-b56ff0331ba9" },
      { hostname: "docker:index/container:Container source" },
    );
    expect(told(blueprint(source(1), user), blueprint(source(2), user))).toEqual(["update source"]);
  });

  test("policies are held against the new version", () => {
    const bad = container({ privileged: true });
    expect(compare(blueprint(container()), blueprint(bad)).findings).toEqual([
      expect.objectContaining({ policy: "unprivileged", resource: "service-container" }),
    ]);
    expect(compare(blueprint(bad), blueprint(container())).findings).toEqual([]);
  });
});
