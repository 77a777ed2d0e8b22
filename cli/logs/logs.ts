import { isGone } from "../../automation/gone.ts";
import { type RoleLog, roleLogs } from "../../automation/role-logs.ts";
import { Stack } from "../../automation/stack.ts";
import { UsageError } from "../../common/errors.ts";
import { merge } from "../../common/merge.ts";
import { Engine } from "../../docker/engine.ts";
import { labels, roles } from "../../model/names.ts";
import { containersOf, extrasOf, partContainer, partNamed, partsOf } from "../../model/parts.ts";
import { ownerId } from "../../toolchain/owner.ts";
import { declareCommand } from "../core/command.ts";
import { jsonOption, stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { LogWriter } from "./writer.ts";

export const command = declareCommand({
  unread: "end",
  arguments: {
    roles: { words: roles, read: partNamed, multiple: true, placeholder: "ROLE", help: `of these parts alone: ${roles.join(", ")}` },
  },
  options: {
    ...stackOption,
    follow: {
      type: "boolean",
      short: "f",
      help: "go on with what is logged from now on, through swaps and restarts, until the stack is gone",
    },
    tail: { type: "string", placeholder: "N", read: lineCount, help: "only the last N lines of each part" },
    since: {
      type: "string",
      placeholder: "WHEN",
      read: moment,
      help: "only what is younger: 90s, 10m, 2h, 1d, or a time such as 2026-01-31T12:00:00Z",
    },
    "no-prefix": { type: "boolean", help: "lines as they were written, without the part's name" },
    ...jsonOption,
  },
  notes: `Without a role: all parts, each line with its part, in the order of time. The lines of one part come on the stream that it wrote them to;
with a prefix all come on standard output. --json: an object a line, with role, time, stream and line.`,
  examples: [
    ["nitro logs -s alice -f --tail 20 service worker", "the last 20 lines of two parts, and what comes"],
    ["nitro logs -s alice service --since 10m", "what the service has written in the last ten minutes"],
  ],
  stopsCleanly: true,

  async run({ values, words: { roles: named } }, context) {
    const stack = selectStack(values.stack, context.env);
    const engine = Engine.connect(context.env);
    const owner = ownerId(context.env);
    const parts = async () => {
      const own = await engine.containers(containersOf({ stack, owner }));
      return [...partsOf(own.find(({ labels: has }) => has[labels.role] === "service")?.labels), ...extrasOf(own)];
    };
    const wanted = named.length === 0 ? await parts() : [...new Set(named)];
    const containers = await Promise.all(wanted.map((role) => partContainer(engine, stack, role, owner)));
    const { follow, tail, since, json } = values;
    const options = { tail, since, follow, signal: context.signal, isGone: () => isGone(engine, new Stack(stack, context), owner) };
    const sources = wanted.map((role, index) => roleLogs(engine, { stack, role, owner }, containers[index] ?? { id: "" }, options));
    const writer = new LogWriter(wanted, { json, prefixed: wanted.length > 1 && !values["no-prefix"] }, context);
    for await (const { source, item } of merge(sources, ({ time }: RoleLog) => time, !follow)) writer.write(source, item);
    if (follow && !context.signal.aborted) context.stderr.write(`stack "${stack}" is gone: there is nothing more to follow\n`);
    return 0;
  },
});

function lineCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`--tail is "${text}": allowed is a number of lines`);
  return Number(text);
}

const unitMs = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function moment(text: string): Date {
  const [, count, unit = ""] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const time = count === undefined ? Date.parse(text) : Date.now() - Number(count) * unitMs[unit as keyof typeof unitMs];
  if (Number.isNaN(time))
    throw new UsageError(`--since is "${text}": allowed is how long ago (90s, 10m, 2h, 1d) or a time such as 2026-01-31T12:00:00Z`);
  return new Date(time);
}
