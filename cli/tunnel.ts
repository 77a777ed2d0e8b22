import { once } from "node:events";
import { StackTunnel } from "../automation/tunnel.ts";
import type { Context } from "../common/context.ts";
import { UsageError, UserError } from "../common/errors.ts";
import { table } from "../common/table.ts";
import { Engine } from "../docker/engine.ts";
import { isRemote } from "../docker/remote.ts";
import { innerPorts, type PublishedRole, publishedRoles, stackPorts } from "../model/names.ts";
import { roleContainer } from "../model/parts.ts";
import { ownerId } from "../toolchain/owner.ts";
import { type Command, parseArguments, stackOption } from "./core/command.ts";
import { selectStack } from "./core/selection.ts";

export const command: Command = {
  summary: "Keep the ports of a stack on another machine open on this one",
  usage: `nitro tunnel [-s STACK] [--base PORT] [--json]

  --base PORT  first of the ports on 127.0.0.1 here (default: the stack's own, so that its outputs hold here too)
  --json       one line of JSON once it is open

For an engine on another machine (DOCKER_HOST of ssh:// or tcp://). It stays open until Ctrl-C. The other commands need none.`,
  stopsCleanly: true,

  async run(args: string[], context: Context): Promise<number> {
    const { values } = parseArguments(args, { ...stackOption, base: { type: "string" }, json: { type: "boolean" } });
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    if (values.base === undefined && !isRemote(engine))
      throw new UserError(
        `there is nothing to tunnel: the container engine (${engine.host}) is on this machine and publishes the ports of stack "${stack}" itself`,
        "./nitro status shows them",
      );
    const ports = values.base === undefined ? await publishedPorts(engine, stack, context) : stackPorts(basePort(values.base));
    const onLost = (reason: string) =>
      context.stderr.write(`! the connection to the stack was lost (${reason}); the next use makes it anew\n`);
    const tunnel = await StackTunnel.open(engine, stack, ownerId(context.env), { ports, onLost });
    try {
      context.stdout.write(values.json === true ? `${JSON.stringify({ stack, ports })}\n` : describe(stack, engine.host, ports));
      if (!context.signal.aborted) await once(context.signal, "abort");
      return 0;
    } finally {
      tunnel.close();
    }
  },
};

function basePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1024 || port > 65500)
    throw new UsageError(`--base is "${text}": allowed are whole numbers from 1024 to 65500`);
  return port;
}

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

function describe(stack: string, host: string, ports: Readonly<Record<PublishedRole, number>>): string {
  const rows = publishedRoles.map((role) => [role, `${role === "redis" ? "redis" : "http"}://127.0.0.1:${ports[role]}`]);
  return `${table(["part", "answers at"], rows)}\nstack ${stack} on ${host} is open here until Ctrl-C\n`;
}
