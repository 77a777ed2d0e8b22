import { loopback } from "./loopback.ts";
import { markedSecrets } from "./marked-secrets.ts";
import { memoryLimits } from "./memory-limits.ts";
import { namedActions } from "./named-actions.ts";
import { noEngineSocket } from "./no-engine-socket.ts";
import { ownNamespaces } from "./own-namespaces.ts";
import { pinnedImages } from "./pinned-images.ts";
import type { Policy } from "./policy.ts";
import { unprivileged } from "./unprivileged.ts";

/** Every policy of this project. A new one is a file and a line here. */
export const policies: readonly Policy[] = [
  loopback,
  unprivileged,
  ownNamespaces,
  noEngineSocket,
  pinnedImages,
  memoryLimits,
  markedSecrets,
  namedActions,
];
