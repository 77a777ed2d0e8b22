import { expect, test } from "vitest";
import { authorizingOf } from "../../../cli/pay/authorizing.ts";

test("without a settings file, or without the setting: auto, and no custodian that moves money", () => {
  expect(authorizingOf("", "alice")).toEqual({ mode: "auto", custodians: [] });
  expect(authorizingOf("encryptionsalt: v1:x\n", "alice")).toEqual({ mode: "auto", custodians: [] });
  expect(authorizingOf("config:\n  nitro:bootstrap: manual\n", "alice")).toEqual({ mode: "auto", custodians: [] });
});

test("as pulumi config set --path writes it", () => {
  const text = "config:\n  nitro:authorization:\n    custodians:\n      - zebpay\n    mode: manual\n  nitro:ports:\n    base: nonsense\n";
  expect(authorizingOf(text, "alice")).toEqual({ mode: "manual", custodians: ["zebpay"] });
});

test("a wrong setting is the same error as everywhere", () => {
  expect(() => authorizingOf("config:\n  nitro:authorization:\n    mode: off\n", "alice")).toThrow(/nitro:authorization\.mode/);
});
