import { z } from "zod";
import type { Role } from "./names.ts";

/** What a container may take of the machine's memory, in MiB: by default, and the least with which its part comes up. */
const memory: Readonly<Record<Role, { readonly byDefault: number; readonly least: number }>> = {
  service: { byDefault: 512, least: 32 },
  worker: { byDefault: 256, least: 32 },
  redis: { byDefault: 256, least: 32 },
  localstack: { byDefault: 1024, least: 512 },
  ledger: { byDefault: 2048, least: 512 },
  "key-feeder": { byDefault: 256, least: 128 },
};

function memoryOf(role: Role) {
  const { byDefault, least } = memory[role];
  const message = `allowed are MiB, a whole number of ${least} or more`;
  return z
    .union([z.number(), z.string()], { error: message })
    .transform(Number)
    .refine((value) => Number.isInteger(value) && value >= least, message)
    .prefault(byDefault)
    .meta({ description: `of ${role}`, takes: `a whole number of ${least} or more` });
}

/** The settings below `nitro:memory`. */
export const memorySettings = z
  .strictObject({
    service: memoryOf("service"),
    worker: memoryOf("worker"),
    redis: memoryOf("redis"),
    localstack: memoryOf("localstack"),
    ledger: memoryOf("ledger"),
    "key-feeder": memoryOf("key-feeder"),
  } satisfies Record<Role, unknown>)
  .prefault({})
  .meta({
    description: "What each container may take, in MiB; another value makes another container.",
    details: "What lies in its folders in memory counts.",
  });

/** A resource limit of processes, see setrlimit(2); -1 is none. */
export interface Ulimit {
  readonly name: string;
  readonly soft: number;
  readonly hard: number;
}

/** As `docker run --ulimit` takes them. */
const ulimitNames = [
  ...["core", "cpu", "data", "fsize", "locks", "memlock", "msgqueue", "nice"],
  ...["nofile", "rss", "rtprio", "rttime", "sigpending", "stack"],
];

const ulimit = z
  .union([z.number(), z.string()])
  .transform(String)
  .refine(
    (text) => readUlimit("", text) !== undefined,
    "allowed is a whole number, or two as SOFT:HARD with the lower one first, such as 1024:65536; -1 is no limit",
  );

/** Limits of processes by their names, such as `{ nofile: 65536 }`. */
export const ulimitsSetting = z
  .record(z.string(), ulimit)
  .superRefine((limits, context) => {
    for (const name of Object.keys(limits)) {
      const message = nameProblem(name);
      if (message !== undefined) context.addIssue({ code: "custom", path: [name], message });
    }
  })
  .transform((limits) =>
    Object.entries(limits)
      .map(([name, text]) => readUlimit(name, text))
      .filter((limit) => limit !== undefined)
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  )
  .prefault({})
  .meta({
    description: "limits of its processes, such as nofile: 65536, or nofile: 1024:65536 (soft:hard); default: the engine's",
    details: `As \`docker run --ulimit\` takes them; -1 is none. Allowed are ${ulimitNames.join(", ")}. The engine's own hard limit is the most: \`docker run --rm IMAGE sh -c 'ulimit -Hn'\`.`,
    takes: "numbers by name",
  });

function nameProblem(name: string): string | undefined {
  if (ulimitNames.includes(name)) return undefined;
  if (name === "nproc") return "it would count the processes of user 1000 on the whole machine; a container has 512 at most anyway";
  return `allowed are ${ulimitNames.join(", ")}`;
}

function readUlimit(name: string, text: string): Ulimit | undefined {
  const [, soft = "", hard = soft] = /^(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text) ?? [];
  const limit = { name, soft: Number(soft), hard: Number(hard) };
  const fits = limit.hard === -1 || (limit.soft !== -1 && limit.soft <= limit.hard);
  return soft !== "" && fits ? limit : undefined;
}
