import { z } from "zod";
import { UserError } from "../common/errors.ts";
import { nearest, suggestion } from "../common/nearest.ts";
import { trace } from "../common/trace.ts";
import { settingsSchema, wholeSettingsSchema } from "./settings-schema.ts";

/** A stack's settings, complete: every setting has a value or a documented meaning when it is missing (see docs/configuration.md). */
export type Settings = z.infer<typeof settingsSchema>;

/** The configuration is wrong; the message lists every problem at once, each with the value seen and what is allowed. */
export class ConfigError extends UserError {
  override readonly name = "ConfigError";

  /** @param problems a line each */
  constructor(stack: string, problems: readonly string[]) {
    const title = `the configuration of stack "${stack}" has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}:`;
    const help = `what can be set: docs/configuration.md; change one: pulumi config set --stack ${stack} --path 'nitro:<key>' <value> (after eval "$(./nitro env)")`;
    super([title, ...problems.map((line) => `  - ${forStack(line, stack)}`), help].join("\n"));
  }
}

/** Names the stack in the commands of a message: without it pulumi takes the one that was selected last, or none. */
export function forStack(message: string, stack: string): string {
  return message.replaceAll(/pulumi config (rm|set) (?!--stack |-s )/g, `pulumi config $1 --stack ${stack} `);
}

/** A stack's configuration as Pulumi keeps it: full keys such as `nitro:bootstrap`, objects as JSON text. */
export type RawSettings = Readonly<Record<string, string>>;

/** What a look at a configuration gives. */
export interface CheckedSettings {
  /** Undefined where there is a problem. */
  readonly settings: Settings | undefined;
  /** One line each, with the value seen and what is allowed. */
  readonly problems: readonly string[];
  /** What a setting such as "service.binary" says, be the rest as it may; undefined where it is not set, or no text. */
  stated(path: string): string | undefined;
  /** The texts of a list such as "service.files", be the rest as it may. */
  statedList(path: string): readonly string[];
}

/**
 * Checks a stack's configuration. Keys of other namespaces are left to their owners.
 * @param partial true where some settings cannot be read here: then nothing is said of what is missing
 */
export function checkSettings(raw: RawSettings, partial = false): CheckedSettings {
  trace(process.env, "settings checked");
  const ours = Object.entries(raw).filter(([key]) => key.startsWith("nitro:"));
  const value = Object.fromEntries(ours.map(([key, text]) => [key.slice("nitro:".length), parsed(text)]));
  const result = (partial ? settingsSchema : wholeSettingsSchema).safeParse(value);
  const strays = Object.keys(raw).flatMap((key) => strayProblem(key) ?? []);
  const problems = [...strays, ...(result.success ? [] : result.error.issues.flatMap((issue) => describeIssue(issue, value)))];
  const stated = (path: string) => {
    const text = valueAt(value, path.split("."));
    return typeof text === "string" && text !== "" ? text : undefined;
  };
  const statedList = (path: string) => {
    const list = valueAt(value, path.split("."));
    return Array.isArray(list) ? list.filter((entry) => typeof entry === "string") : [];
  };
  return { settings: problems.length === 0 ? result.data : undefined, problems, stated, statedList };
}

/**
 * A stack's configuration, checked. See checkSettings.
 * @throws ConfigError with all problems
 */
export function parseSettings(raw: RawSettings, stack: string): Settings {
  const { settings, problems } = checkSettings(raw);
  if (settings === undefined) throw new ConfigError(stack, problems);
  return settings;
}

/**
 * What is wrong with a key that is ours in all but its namespace, such as "nirto:bootstrap": Pulumi would hand it to nobody.
 * @param key with its namespace
 */
function strayProblem(key: string): string | undefined {
  const [namespace = "", name = ""] = key.split(/:(.*)/s);
  if (namespace === "nitro" || nearest(namespace.toLowerCase(), ["nitro"]) === undefined) return undefined;
  return knownKeys([]).includes(name.split(".")[0] ?? "") ? `${key} is no setting of ours (did you mean nitro:${name}?)` : undefined;
}

/** Objects arrive as JSON text, plain strings as they are. */
function parsed(text: string): unknown {
  if (!/^[[{]/.test(text)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function describeIssue(issue: z.core.$ZodIssue, root: unknown): string[] {
  const path = issue.path.map(String);
  const where = path.length === 0 ? "nitro" : `nitro:${path.join(".")}`;
  if (issue.code === "unrecognized_keys") {
    const known = knownKeys(path);
    return issue.keys.map(
      (key) =>
        `nitro:${[...path, key].join(".")} is not a setting; allowed ${path.length === 0 ? "are" : `under ${where} are`} ${known.join(", ")}${suggestion(key, known)}`,
    );
  }
  // Values of variables may be secrets.
  return [path[1] === "env" ? `${where}: ${allowed(issue)}` : `${where} is ${shown(valueAt(root, path))}: ${allowed(issue)}`];
}

/** A value without those of variables, of which it shows the names. */
function shown(value: unknown): string | undefined {
  const isEnvironment = (key: string, inner: unknown): inner is object => key === "env" && typeof inner === "object" && inner !== null;
  return JSON.stringify(value, (key, inner: unknown) => (isEnvironment(key, inner) ? Object.keys(inner) : inner));
}

function allowed(issue: z.core.$ZodIssue): string {
  const bounds = boundsOf(declaredAt(issue.path));
  if (bounds !== undefined) return `allowed is a whole number from ${bounds.join(" to ")}`;
  if (issue.code === "invalid_value") return `allowed are ${issue.values.map(String).join(", ")}`;
  if (issue.code === "too_small")
    return `allowed is ${issue.origin === "string" ? "a text that is not empty" : `${issue.minimum} or more`}`;
  if (issue.code === "too_big") return `allowed is ${issue.maximum} or less`;
  if (issue.code === "invalid_type")
    return `allowed is ${issue.expected === "object" ? "an object: set its parts with --path" : `${/^[aeiou]/.test(issue.expected) ? "an" : "a"} ${issue.expected}`}`;
  return issue.message;
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined), root);
}

/** The settings below a path, read from the schema itself, so that the list cannot grow stale. */
function knownKeys(path: readonly string[]): string[] {
  const found = declaredAt(path);
  return Object.keys(found instanceof z.ZodObject ? found.shape : settingsSchema.shape);
}

/** What a setting takes, or a group of them; undefined where there is none of that path. */
function declaredAt(path: readonly PropertyKey[]): unknown {
  let found: unknown = settingsSchema;
  for (const key of path) {
    found = found instanceof z.ZodObject ? Reflect.get(found.shape, key) : undefined;
    while (found instanceof z.ZodPrefault || found instanceof z.ZodDefault || found instanceof z.ZodOptional) found = found.unwrap();
  }
  return found;
}

/** Of a whole number that has both; one problem is worded as the other: each says all that is allowed. */
function boundsOf(declared: unknown): readonly [least: number, most: number] | undefined {
  if (!(declared instanceof z.ZodNumber) || !declared.isInt) return undefined;
  const { minValue, maxValue } = declared;
  return minValue === null || maxValue === null ? undefined : [minValue, maxValue];
}
