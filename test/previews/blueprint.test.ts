import { describe, expect, test } from "vitest";
import { parseBlueprint } from "../../previews/blueprint.ts";
import { blueprintOf } from "../../previews/from-digest.ts";
import { blueprint, container, image } from "./blueprints.ts";

describe("a blueprint that anybody may have written", () => {
  test("is read where it is one", () => {
    const whole = blueprint(image(), container());
    expect(parseBlueprint(JSON.stringify(whole), "head.json")).toEqual(whole);
  });

  test.each([
    ["text", "hello", "is not JSON"],
    ["null", "null", "is not of format 1"],
    ["another format", '{"format":2}', "is not of format 1"],
    ["no stack", '{"format":1}', "names no stack"],
    ["no list", '{"format":1,"stack":"a","resources":{}}', "has no list of resources"],
    [
      "no resource",
      JSON.stringify({ format: 1, stack: "a", resources: [{ urn: "a", type: "b", name: 3, inputs: {}, from: {} }] }),
      "a resource that is none",
    ],
    [
      "sources that are none",
      JSON.stringify({ format: 1, stack: "a", resources: [{ urn: "a", type: "b", name: "c", inputs: {}, from: { x: [1] } }] }),
      "a resource that is none",
    ],
    [
      "endless names",
      JSON.stringify({ format: 1, stack: "a", resources: [{ urn: "a", type: "b", name: "c".repeat(501), inputs: {}, from: {} }] }),
      "a resource that is none",
    ],
    [
      "too many",
      JSON.stringify({ format: 1, stack: "a", resources: Array.from({ length: 501 }, () => ({})) }),
      "has 501 resources, allowed are 500",
    ],
    ["one twice", JSON.stringify(blueprint(image(), image())), "has a resource twice"],
    [
      "endlessly nested",
      JSON.stringify(blueprint(container({ command: "deep" }))).replace('"deep"', `${"[".repeat(200_000)}${"]".repeat(200_000)}`),
      "is nested more than 32 deep",
    ],
    ["too large", `"${"x".repeat(2_000_000)}"`, "allowed are 2000000"],
  ])("is refused: %s", (_, text, problem) => {
    expect(() => parseBlueprint(text, "head.json")).toThrow(problem);
    expect(() => parseBlueprint(text, "head.json")).toThrow(/^head\.json .* nitro preview --blueprint writes$/);
  });
});

test("a list that a plugin marks as a whole is shown by what the program marked", () => {
  const type = "docker:index/container:Container";
  const state = { urn: `urn:pulumi:a::nitro::${type}::c`, type, custom: true };
  const inputs = { envs: "[secret]", memory: 1, command: "[secret]", __defaults: [] };
  const digest = {
    steps: [{ op: "create", urn: state.urn, newState: { ...state, inputs, propertyDependencies: { envs: ["urn:x"], memory: [] } } }],
  };
  const declared = [{ type, name: "c", props: { envs: ["A=1", "[secret]"], memory: 2, command: "[secret]" } }];
  expect(blueprintOf("a", digest, declared).resources).toEqual([
    { urn: state.urn, type, name: "c", inputs: { envs: ["A=1", "[secret]"], memory: 1, command: "[secret]" }, from: { envs: ["urn:x"] } },
  ]);
});

test("where a value comes from is told in one order, in whichever Pulumi gives it", () => {
  const type = "docker:index/container:Container";
  const urn = `urn:pulumi:a::nitro::${type}::c`;
  const from = (envs: readonly string[]) => {
    const newState = { urn, type, custom: true, inputs: {}, propertyDependencies: { envs } };
    return blueprintOf("a", { steps: [{ op: "create", urn, newState }] }, []).resources[0]?.from;
  };
  expect(from(["urn:y", "urn:x"])).toEqual({ envs: ["urn:x", "urn:y"] });
  expect(from(["urn:x", "urn:y"])).toEqual({ envs: ["urn:x", "urn:y"] });
});
