import { expect, test } from "vitest";
import { type EnginePlace, swapMode } from "../../model/swap-mode.ts";

const linux = { platform: "linux", root: "/srv/nitro", home: "/home/alice" } as const;
const mac = { platform: "darwin", root: "/Users/alice/nitro", home: "/Users/alice" } as const;

test.each<[string, EnginePlace, "mount" | "image"]>([
  ["Docker on Linux", { ...linux, host: "unix:///var/run/docker.sock" }, "mount"],
  ["rootless Docker on Linux", { ...linux, host: "unix:///run/user/1000/docker.sock" }, "mount"],
  ["another machine over ssh", { ...linux, host: "ssh://build.example" }, "image"],
  ["another machine over TCP", { ...linux, host: "tcp://10.0.0.1:2376" }, "image"],
  ["Docker Desktop on a Mac, project at home", { ...mac, host: "unix:///var/run/docker.sock" }, "mount"],
  ["colima, project at home", { ...mac, host: "unix:///Users/alice/.colima/default/docker.sock" }, "mount"],
  ["colima, project elsewhere", { ...mac, root: "/opt/nitro", host: "unix:///Users/alice/.colima/default/docker.sock" }, "image"],
  ["a folder that only begins like home", { ...mac, root: "/Users/alice2/nitro", host: "unix:///var/run/docker.sock" }, "image"],
  ["Docker Desktop on Linux, project elsewhere", { ...linux, host: "unix:///home/alice/.docker/desktop/docker.sock" }, "image"],
  [
    "Docker Desktop on Linux, project at home",
    { ...linux, root: "/home/alice/nitro", host: "unix:///home/alice/.docker/desktop/docker.sock" },
    "mount",
  ],
])("auto with %s", (_, place, mode) => {
  expect(swapMode("auto", place)).toBe(mode);
});

test("what is set is done, wherever the engine is", () => {
  expect(swapMode("image", { ...linux, host: "unix:///var/run/docker.sock" })).toBe("image");
  expect(swapMode("mount", { ...linux, host: "tcp://10.0.0.1:2376" })).toBe("mount");
});
