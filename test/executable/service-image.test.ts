import { expect, test } from "vitest";
import { entryPoint } from "../../executable/service-image.ts";

test.each([
  [["/payments"], [], ["/payments"]],
  [["/sbin/tini", "--", "/payments"], ["serve"], ["/sbin/tini", "--", "/payments"]],
  [[], ["/payments", "serve"], ["/payments"]],
])("ENTRYPOINT %j and CMD %j start %j", (entrypoint, command, words) => {
  expect(entryPoint("team/payments:1", { entrypoint, command })).toEqual(words);
});

test("an image that starts nothing, or a shell's line, is refused with what to write", () => {
  expect(() => entryPoint("i", { entrypoint: [], command: [] })).toThrow(
    /image i \(setting service.image\): it has neither ENTRYPOINT nor CMD; .*JSON/,
  );
  expect(() => entryPoint("i", { entrypoint: ["/bin/sh", "-c", "/payments"], command: [] })).toThrow(
    /a shell's command line \("\/payments"\), which passes no arguments on; its ENTRYPOINT has to be the executable/,
  );
});
