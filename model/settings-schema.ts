import { z } from "zod";
import { awsProblems, awsSchema } from "./aws-settings.ts";
import { sameTarget } from "./file-mounts.ts";
import { memorySettings } from "./limit-settings.ts";
import { hostSetting, payoutSettings, programSettings, takesCustodian } from "./program-settings.ts";
import { swarmProblems } from "./swarm-settings.ts";

const onOff = ["auto", "manual"] as const;

/** A number that `pulumi config set` may have stored as text. */
const port = z.coerce.number().int().min(1024).max(65500);

/** A yes or no that `pulumi config set` may have stored as text. */
const onOrOff = z.union([z.boolean(), z.enum(["true", "false"]).transform((text) => text === "true")], {
  error: "allowed are true, false",
});

/**
 * Every setting of a stack, below `nitro:`. What is said of each (`meta`) is what docs/configuration.md and Pulumi.dev.yaml say, which are
 * generated from it: `description` is one line, `details` is Markdown for the page alone, `example` is YAML for a setting without a default,
 * and `takes` says what is allowed where the type does not.
 */
export const settingsSchema = z.strictObject({
  runtime: z.enum(["container", "swarm"]).default("container").meta({
    description: "container: containers of one engine; swarm: services on the nodes of its swarm",
    details: "A change on a stack that is up wants `./nitro down` first. [A swarm of several machines](swarm.md).",
  }),
  service: z
    .strictObject({
      binary: z.string().min(1).optional().meta({
        description: "your executable for Linux; without it ./nitro up builds the one in sample/",
        details: "`./nitro up --binary FILE` and `./nitro swap --binary FILE` set it, `--sample` takes it away.",
        example: "./payments",
      }),
      image: z.string().min(1).optional().meta({
        description: "in place of binary: an image on the engine whose entry point is the executable",
        details: "[What it has to bring](remote-engines.md#an-image-of-your-team-serviceimage).",
        example: "team/payments:1",
      }),
      host: hostSetting,
      ...programSettings("service"),
    })
    .refine(({ binary, image }) => binary === undefined || image === undefined, {
      message:
        "allowed is one of binary and image, not both; remove the other: pulumi config rm --path nitro:service.binary (or nitro:service.image)",
    })
    .prefault({})
    .meta({ description: "The executable under test, and how the service runs it." }),
  worker: z.strictObject(programSettings("worker")).prefault({}).meta({ description: "How the worker runs the same executable." }),
  build: z
    .strictObject({
      command: z.string().min(1).optional().meta({
        description: "builds the executable in a container: a line for sh that writes /out/payments",
        details: "It runs in `/src`.",
        example: "go build -o /out/payments ./cmd/payments",
      }),
      image: z.string().min(1).optional().meta({
        description: "what it runs in; default: an image of ours with Go",
        details:
          "Ours is Debian with Go from PyPI. Any image with `sh`, `find` and your compiler will do; one for private modules needs `git` and the credentials too.",
        example: "golang:1.25",
      }),
      folder: z.string().min(1).default("sample").meta({
        description: "your sources, seen from the project's folder: /src in the container, read-only",
        details: "An engine that does not see them gets them sent, without `.git`, `node_modules` and `.nitro`.",
      }),
    })
    .prefault({})
    .meta({ description: "Compile in a container, without Go on your machine.", details: "[How it goes](container-builds.md)." }),
  swap: z
    .strictObject({
      mode: z.enum(["mount", "image", "auto"]).default("auto").meta({
        description: "how the executable gets into the containers; auto: image (a layer) where the engine is remote, else mount",
        details: "[Which way is chosen where](remote-engines.md#how-the-executable-gets-there).",
      }),
      keep: z.coerce.number().int().min(0).max(1440).default(10).meta({
        description: "minutes that an update waits in the background for the next swap, from a terminal; 0: never",
        details: "[What is kept ready](swapping.md#kept-ready).",
      }),
    })
    .prefault({})
    .meta({ description: "How a swap goes." }),
  images: z
    .strictObject({
      base: z.string().min(1).optional().meta({
        description: "under the service and the worker",
        details: "Make it `FROM` ours: it has to have `nitro-run` as its entry point.",
        example: "my/base:3f9c2a1b7e40",
      }),
      redis: z.string().min(1).optional().meta({ description: "of Redis", example: "my/redis:5d10ee8f2c41" }),
      localstack: z.string().min(1).optional().meta({
        description: "of LocalStack",
        details: "Without ours below it, web pages can reach it: [what that means](security.md#web-pages).",
        example: "my/localstack@sha256:…",
      }),
      node: z.string().min(1).optional().meta({ description: "of ledger and key-feeder", example: "my/node:9be1f0c4a7d2" }),
    })
    .prefault({})
    .meta({
      description: "Images of your own in place of ours, each on its own, named by content.",
      details: "They are pulled if needed, never built: [images/](../images/README.md), [policies](policies.md).",
    }),
  ports: z
    .strictObject({
      base: port.optional().meta({
        description: "first of the ports on 127.0.0.1; default: 20000 + 10 × (hash of the stack's name mod 1000)",
        example: "20000",
      }),
    })
    .prefault({})
    .meta({ description: "Where the stack answers on the engine's machine." }),
  redis: z
    .strictObject({
      tls: onOrOff.prefault(false).meta({
        description: "true: Redis speaks TLS alone, with a certificate of the stack's authority",
        details: "A change replaces redis, key-feeder, service and worker; the data stays: [https](stack.md#https).",
        takes: "`true`, `false`",
      }),
    })
    .prefault({})
    .meta({ description: "How Redis is reached." }),
  ledger: z
    .strictObject({
      mode: z.enum(["local", "aws"]).default("local").meta({
        description: "local: the QLDB-compatible server in ledger/; aws: a ledger and a role by Pulumi",
        details: "A change on a stack that is up replaces the ledger: what was in the old one is gone. [Mode aws](aws-mode.md).",
      }),
    })
    .prefault({})
    .meta({ description: "What the ledger is." }),
  bootstrap: z.enum(onOff).default("auto").meta({
    description: "auto: the key-feeder puts the operators' key shares into S3; manual: the service stays sealed until you do",
    details: "`./nitro up --bootstrap manual` sets it: [by hand](operators.md).",
  }),
  authorization: z
    .strictObject({
      mode: z.enum(onOff).default("auto").meta({
        description: "auto: prepared payments of dryrun-* custodians are authorized by both test operators; manual: by you",
        details: "`./nitro up --authorization manual` sets it.",
      }),
      custodians: z
        .array(z.string().regex(/^[a-z0-9-]+$/, "must be lower-case letters, digits and hyphens"))
        .default([])
        .meta({ description: "further custodians that auto may authorize: these move real money" }),
    })
    .prefault({})
    .meta({ description: "Who authorizes prepared payments." }),
  operators: z
    .strictObject({
      keys: z
        .union([z.string().min(1), z.tuple([z.string().min(1), z.string().min(1)])], {
          error: "allowed is a folder with test-operator.pem and test-operator2.pem, or a list of two files",
        })
        .optional()
        .meta({
          description: "the operators' own ed25519 keys: this folder's test-operator.pem and test-operator2.pem, or a list of two files",
          details: "A change replaces key-feeder, service and worker: [keys of your own](operators.md#keys-of-your-own).",
          example: "payment-test/secrets",
          takes: "a folder, or a list of two files",
        }),
    })
    .prefault({})
    .meta({ description: "Keys of your own in place of those that the key-feeder makes." }),
  extras: z.string().min(1).optional().meta({
    description: "a module that declares parts of your own, such as a database",
    details: "[Parts of your own](extras.md).",
    example: "./examples/extras/postgres.ts",
  }),
  memory: memorySettings,
  payout: payoutSettings,
  secrets: z
    .strictObject({
      file: z.string().min(1).optional().meta({
        description: "flat JSON of strings, the service's secrets; default: made-up values",
        details: "`./nitro up --secrets FILE` sets it. `pulumi config set` takes the path itself for a secret, and wants `--plaintext`.",
        example: "./secrets.json",
      }),
    })
    .prefault({})
    .meta({ description: "What the service opens once it is unsealed." }),
  aws: awsSchema,
});

/** The same with the rules that concern several settings. */
export const wholeSettingsSchema = settingsSchema.superRefine((settings, context) => {
  const problems = [...awsProblems(settings), ...swarmProblems(settings)];
  for (const { path, message } of problems) context.addIssue({ code: "custom", path: [...path], message });
  const { service, build, payout } = settings;
  for (const role of ["service", "worker"] as const) {
    const { files, writable } = settings[role];
    const target = sameTarget([...files, ...writable]);
    if (target === undefined || sameTarget(writable) !== undefined || sameTarget(files) !== undefined) continue;
    context.addIssue({ code: "custom", path: [role, "writable"], message: `${role}.files mounts something at ${target}, too` });
  }
  if (!takesCustodian(payout.custodians, payout.custodian)) {
    const message = `payout.custodians (${payout.custodians.join(", ")}) does not have it: pulumi config set --path nitro:payout.custodian <name>`;
    context.addIssue({ code: "custom", path: ["payout", "custodian"], message });
  }
  const other = (["binary", "image"] as const).find((name) => service[name] !== undefined);
  if (build.command === undefined || other === undefined) return;
  const message = `it builds the executable, and service.${other} names another one; remove one: pulumi config rm --path nitro:service.${other} (or nitro:build.command)`;
  context.addIssue({ code: "custom", path: ["build", "command"], message });
});
