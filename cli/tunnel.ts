import { once } from "node:events";
import { StackTunnel } from "../automation/tunnel.ts";
import type { Context } from "../common/context.ts";
import { UserError } from "../common/errors.ts";
import { table } from "../common/table.ts";
import { Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { innerPorts, type PublishedRole, publishedRoles, stackPorts } from "../model/names.ts";
import { roleContainer } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";
import { wholeNumber } from "./core/values.ts";

export const command = declareCommand({
  options: {
    ...stackOption,
    base: {
      type: "string",
      placeholder: "PORT",
      read: wholeNumber(1024, 65_500),
      help: "first of the ports on 127.0.0.1 here (default: the stack's own, so that its outputs hold here too)",
    },
    json: { type: "boolean", help: "one line of JSON once it is open" },
  },
  notes: `For an engine on another machine (DOCKER_HOST of ssh:// or tcp://). It stays open until Ctrl-C. The other commands need none.`,
  stopsCleanly: true,

  async run({ values }, context) {
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    if (values.base === undefined && !isRemote(engine))
      throw new UserError(
        `there is nothing to tunnel: the container engine (${engine.host}) is on this machine and publishes the ports of stack "${stack}" itself`,
        `./nitro status -s ${stack} shows them`,
      );
    const ports = values.base === undefined ? await publishedPorts(engine, stack, context) : stackPorts(values.base);
    const onLost = (reason: string) =>
      context.stderr.write(`! the connection to the stack was lost (${reason}); the next use makes it anew\n`);
    const tunnel = await StackTunnel.open(engine, stack, ownerId(context.env), { ports, onLost });
    try {
      context.stdout.write(values.json ? `${JSON.stringify({ stack, ports })}\n` : describeTunnel(stack, engine.host, ports));
      if (!context.signal.aborted) await once(context.signal, "abort");
      return 0;
    } finally {
      tunnel.close();
    }
  },
});

/** What the stack's containers publish on the engine's machine: so they were declared, whatever the settings say by now. */
async function publishedPorts(engine: Engine, stack: string, { env }: Context): Promise<Record<PublishedRole, number>> {
  const ports = await Promise.all(
    publishedRoles.map(async (role): Promise<[PublishedRole, number]> => {
      const container = await roleContainer(engine, stack, role, ownerId(env));
      const port = container.ports.find(({ containerPort }) => containerPort === innerPorts[role])?.hostPort;
      if (port === undefined) throw new UserError(`${role} of stack "${stack}" does not run`, `./nitro up -s ${stack}`);
      return [role, port];
    }),
  );
  return Object.fromEntries(ports) as Record<PublishedRole, number>;
}

function describeTunnel(stack: string, host: string, ports: Readonly<Record<PublishedRole, number>>): string {
  const rows = publishedRoles.map((role) => [role, `${role === "redis" ? "redis" : "http"}://127.0.0.1:${ports[role]}`]);
  return `${table(["part", "answers at"], rows)}\nstack ${stack} on ${host} is open here until Ctrl-C\n`;
}
