import { z } from "zod";

/** What the schema says of a setting, or of a group of them. */
export interface DeclaredSetting {
  /** Such as ["service", "binary"]. */
  readonly path: readonly string[];
  /** One line of plain text. */
  readonly description: string;
  /** Markdown; empty where there is no more to say. */
  readonly details: string;
  /** Markdown: what is allowed. */
  readonly takes: string;
  /** Undefined where there is none. */
  readonly byDefault: unknown;
  /** YAML, for a setting without a default. */
  readonly example: string | undefined;
  /** The settings below it; undefined for a setting. */
  readonly inner: readonly DeclaredSetting[] | undefined;
}

/** As zod's JSON schema has it, `meta` among its own words. */
const node = z.object({
  description: z.string().optional(),
  details: z.string().optional(),
  takes: z.string().optional(),
  example: z.string().optional(),
  default: z.unknown().optional(),
  type: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  items: z.unknown().optional(),
  properties: z.record(z.string(), z.unknown()).optional(),
});

/**
 * Reads the settings from their declaration.
 * @param schema an object of settings and of groups of them
 * @throws Error for a setting of which nothing is said, or without a default and an example
 */
export function declaredSettings(schema: z.ZodType): readonly DeclaredSetting[] {
  const { properties = {} } = node.parse(z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }));
  return Object.entries(properties).map(([name, value]) => declared([name], value));
}

function declared(path: readonly string[], value: unknown): DeclaredSetting {
  const read = node.parse(value);
  const { description, details = "", properties, example } = read;
  const name = path.join(".");
  if (description === undefined) throw new Error(`the setting ${name} has no description: add .meta({ description }) where it is declared`);
  const inner = properties && Object.entries(properties).map(([key, below]) => declared([...path, key], below));
  if (inner === undefined && read.default === undefined && example === undefined)
    throw new Error(`the setting ${name} has neither a default nor an example: add .meta({ example }) where it is declared`);
  return { path, description, details, takes: read.takes ?? kind(read), byDefault: read.default, example, inner };
}

/** What the type alone says to be allowed. */
function kind({ type, enum: words, minimum, maximum, items }: z.infer<typeof node>): string {
  if (words !== undefined) return words.map((word) => `\`${word}\``).join(", ");
  if (type === "integer") return `a whole number from ${minimum} to ${maximum}`;
  if (type === "array") return `a list of ${kind(node.parse(items)).replace(/^an? (\w+)/, "$1s")}`;
  return "a text";
}
