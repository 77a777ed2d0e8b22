import { stackNames, stackPorts } from "../../model/names.ts";
import { parseSettings } from "../../model/settings.ts";
import type { PreparedStack } from "../../stacks/prepare.ts";
import { programArgs } from "../../stacks/program-args.ts";

/** SHA-256 of the executable of `preparedStack`. */
export const executableHash = "ab".repeat(32);

/** What differs from a stack of default settings with an executable that is mounted. */
export interface PreparedDifferences extends Partial<Omit<PreparedStack, "context" | "settings">> {
  readonly context?: Partial<PreparedStack["context"]>;
}

/**
 * Stack alice as it is before anything of it is declared: nothing of it waits for anything, and it has no operators.
 * @param raw its settings, as Pulumi gives them
 */
export function preparedStack(
  raw: Readonly<Record<string, string>> = {},
  { context, ...differences }: PreparedDifferences = {},
): PreparedStack {
  const settings = parseSettings(raw, "alice");
  const image = (role: string) => `localhost/nitro/${role}:0a1b2c3d4e5f6071`;
  return {
    context: {
      names: stackNames("alice"),
      ports: stackPorts(21000),
      owner: "0123456789abcdef",
      memory: settings.memory,
      healthy: async () => {},
      operators: async () => ({ vault: "", operators: [] }),
      putSecrets: async ({ role }) => `mark of ${role}`,
      ...context,
    },
    settings,
    madeBy: { version: "1.2.3", layout: 1 },
    images: { base: image("base"), redis: image("redis"), localstack: image("localstack"), node: image("node") },
    executable: { sha256: executableHash, folder: "/host/bin" },
    programs: programArgs(settings, { mounts: { service: [], worker: [] } }, () => false),
    secrets: undefined,
    operatorKeys: undefined,
    ...differences,
  };
}
