import { posix } from "node:path";
import type { Policy } from "./policy.ts";
import { containerType, records, textValue } from "./values.ts";

/** Where engines listen; a mount of a folder above has the socket, too. */
const sockets = [
  "/var/run/docker.sock",
  "/run/docker.sock",
  "/run/containerd/containerd.sock",
  "/var/run/containerd/containerd.sock",
  "/run/podman/podman.sock",
  "/var/run/podman/podman.sock",
  "/run/crio/crio.sock",
] as const;

/** Whoever reaches the engine's socket is root on the machine. */
export const noEngineSocket: Policy = {
  name: "no-engine-socket",
  description: "No container sees the socket of a container engine.",
  check({ type, props }) {
    if (type !== containerType) return [];
    const volumes = records(props, "volumes").map((volume) => textValue(volume, "hostPath"));
    const binds = records(props, "mounts").map((mount) => (textValue(mount, "type") === "bind" ? textValue(mount, "source") : undefined));
    return [...volumes, ...binds].flatMap((path) =>
      path !== undefined && reachesSocket(path)
        ? [`${path} of the host is mounted, which gives it the container engine: mount a folder of its own`]
        : [],
    );
  },
};

function reachesSocket(path: string): boolean {
  const folder = posix.normalize(path).replace(/(.)\/$/, "$1");
  if (/(^|\/)(docker|podman|containerd|crio)[^/]*\.sock$/.test(folder)) return true;
  return sockets.some((socket) => folder === "/" || socket.startsWith(`${folder}/`));
}
