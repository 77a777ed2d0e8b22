import { describe, expect, test } from "vitest";
import { loopback } from "../../policies/loopback.ts";
import { memoryLimits } from "../../policies/memory-limits.ts";
import { noEngineSocket } from "../../policies/no-engine-socket.ts";
import { ownNamespaces } from "../../policies/own-namespaces.ts";
import { pinnedImages } from "../../policies/pinned-images.ts";
import { unprivileged } from "../../policies/unprivileged.ts";
import { unknown } from "../../policies/values.ts";
import { testContainerPolicy } from "./examples.ts";

describe("loopback-only", () => {
  testContainerPolicy(
    loopback,
    [
      [
        "every address",
        { ports: [{ internal: 80, external: 80, ip: "0.0.0.0" }] },
        /^port 80 is published on 0\.0\.0\.0: allowed is ip 127\.0\.0\.1$/,
      ],
      ["no ip, which is every address", { ports: [{ internal: 80 }] }, /^port 80 is published on every address, as no ip is given/],
      [
        "the machine's address",
        {
          ports: [
            { internal: 80, ip: "192.168.1.7" },
            { internal: 81, ip: "::" },
          ],
        },
        /192\.168\.1\.7/,
        /port 81 is published on ::/,
      ],
      ["every port", { publishAllPorts: true }, /publishAllPorts/],
    ],
    [
      ["another address of loopback", { ports: [{ internal: 80, ip: "127.0.0.53" }] }],
      ["loopback of IPv6", { ports: [{ internal: 80, ip: "::1" }] }],
      ["not known yet", { ports: [{ internal: 80, ip: unknown }] }],
      ["no port", { ports: undefined }],
    ],
  );
});

describe("unprivileged", () => {
  testContainerPolicy(
    unprivileged,
    [
      ["privileged", { privileged: true }, /^it is privileged/],
      ["every capability", { capabilities: { adds: ["ALL"] } }, /^capability ALL/],
      ["a capability that gives all others", { capabilities: { adds: ["NET_RAW", "CAP_SYS_ADMIN"] } }, /^capability CAP_SYS_ADMIN/],
      ["no seccomp", { securityOpts: ["seccomp=unconfined"] }, /^seccomp=unconfined/],
      ["no AppArmor", { securityOpts: ["apparmor:unconfined"] }, /^apparmor:unconfined/],
    ],
    [["a harmless capability", { capabilities: { adds: ["NET_BIND_SERVICE"] }, privileged: false }]],
  );
});

describe("own-namespaces", () => {
  testContainerPolicy(
    ownNamespaces,
    [
      ["the host's network", { networkMode: "host" }, /^networkMode is host/],
      ["the host's processes and memory", { pidMode: "host", ipcMode: "host" }, /^pidMode/, /^ipcMode/],
      ["the host's users", { usernsMode: "host" }, /^usernsMode/],
      ["the host's cgroups", { cgroupnsMode: "host" }, /^cgroupnsMode/],
      ["the network named host", { networksAdvanced: [{ name: "host" }] }, /on the network host/],
    ],
    [["namespaces of its own", { pidMode: "", ipcMode: "private", cgroupnsMode: "private" }]],
  );
});

describe("no-engine-socket", () => {
  const volume = (hostPath: string) => ({ volumes: [{ hostPath, containerPath: "/x", readOnly: true }] });
  testContainerPolicy(
    noEngineSocket,
    [
      ["the socket, read-only too", volume("/var/run/docker.sock"), /^\/var\/run\/docker\.sock of the host is mounted/],
      ["a socket elsewhere", volume("/home/alice/.colima/default/docker.sock"), /colima/],
      ["a folder above it", volume("/var/run/"), /^\/var\/run\//],
      ["a detour", volume("/srv/../run"), /^\/srv/],
      ["the whole host", volume("/"), /^\/ of the host/],
      ["a bind mount", { mounts: [{ type: "bind", source: "/run/podman/podman.sock", target: "/x" }] }, /podman/],
    ],
    [
      ["a folder that only begins alike", volume("/var/running")],
      ["a volume of that name", { mounts: [{ type: "volume", source: "docker.sock", target: "/x" }] }],
    ],
  );
});

describe("pinned-images", () => {
  testContainerPolicy(
    pinnedImages,
    [
      ["no tag", { image: "redis" }, /^image redis may be another one tomorrow/],
      ["a tag that moves", { image: "redis:latest" }, /redis:latest/],
      ["a version, which moves too", { image: "registry.example:5000/team/redis:7.2" }, /7\.2/],
      ["a port that looks like a tag", { image: "registry.example:500012345678/redis" }, /registry/],
      ["half a digest", { image: `redis@sha256:${"a".repeat(63)}` }, /sha256/],
    ],
    [
      ["an id", { image: `sha256:${"a".repeat(64)}` }],
      ["a digest", { image: `registry.example:5000/redis:7@sha256:${"a".repeat(64)}` }],
      ["a commit", { image: "team/payments:3f9c2a1b7e40" }],
      ["not known yet", { image: unknown }],
    ],
  );

  test("images that are pulled count, too", () => {
    const type = "docker:index/remoteImage:RemoteImage";
    expect(pinnedImages.check({ type, name: "redis-image", props: { name: "redis:7" } })).toEqual([expect.stringContaining("redis:7")]);
    expect(pinnedImages.check({ type, name: "redis-image", props: { name: `redis@sha256:${"b".repeat(64)}` } })).toEqual([]);
  });
});

describe("memory-limits", () => {
  testContainerPolicy(
    memoryLimits,
    [
      ["no limit", { memory: undefined }, /^it may use all memory of the machine: set memory, in MiB$/],
      ["zero, which is none", { memory: 0 }, /set memory/],
    ],
    [["not known yet", { memory: unknown }]],
  );
});
