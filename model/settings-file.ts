import { readFile, rename, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { Document, isCollection, isMap, parseDocument } from "yaml";
import { errorMessage, UserError } from "../common/errors.ts";
import { isAbsent, writeWhole } from "../common/files.ts";
import { nearest } from "../common/nearest.ts";
import { trace } from "../common/trace.ts";
import type { RawSettings } from "./settings.ts";

/** Settings by their path below `nitro:`, such as "service.binary": undefined leaves one as it is, null takes it away. */
export type SettingChanges = Readonly<Record<string, string | null | undefined>>;

/** Where a stack's settings are: git ignores the file. */
export function settingsPath(root: string, stack: string): string {
  return join(root, `Pulumi.${stack}.yaml`);
}

/** The settings file of one stack as it was read, with what a command line changes of it. The file itself changes by `write` alone. */
export class SettingsFile {
  readonly path: string;
  /** With the changes; comments and everything else are as they were. */
  readonly text: string;
  /** This project's settings as pulumi hands them to the program, but for what is encrypted. */
  readonly raw: RawSettings;
  /** Paths below `nitro:` of the values that only pulumi can read, such as "aws.profile". */
  readonly encrypted: readonly string[];
  /** False where pulumi knows more than this file tells: encrypted values, or those of an environment that it imports. */
  readonly complete: boolean;
  private readonly before: string | undefined;
  private readonly changes: SettingChanges;

  private constructor(path: string, before: string | undefined, changes: SettingChanges) {
    trace(process.env, "settings file read");
    this.path = path;
    this.before = before;
    this.changes = changes;
    const document = parse(before ?? "", basename(path));
    this.text = change(document, changes) ? document.toString({ lineWidth: 0 }) : (before ?? "");
    const encrypted: string[] = [];
    this.raw = rawSettings(document, basename(path), encrypted);
    this.encrypted = encrypted;
    this.complete = encrypted.length === 0 && !document.has("environment");
  }

  /**
   * @param mayBeMissing then it is as if it were empty
   * @throws UserError where it is no YAML
   */
  static async read(path: string, changes: SettingChanges = {}, mayBeMissing = true): Promise<SettingsFile> {
    return new SettingsFile(path, await textOf(path, mayBeMissing), changes);
  }

  /** True where `write` would have something to write. */
  get changed(): boolean {
    return this.text !== (this.before ?? "");
  }

  /** True where a setting, a part of it or what it is a part of is encrypted. */
  hides(setting: string): boolean {
    return this.encrypted.some((path) => `${path}.`.startsWith(`${setting}.`) || `${setting}.`.startsWith(`${path}.`));
  }

  /**
   * Writes the changes, where they differ from what is there. What others have written meanwhile stays, such as pulumi the salt of a new stack.
   * @returns how to put the file back as it was
   */
  async write(): Promise<() => Promise<void>> {
    const { path, changes } = this;
    const before = await textOf(path, true);
    const { text } = before === this.before ? this : new SettingsFile(path, before, changes);
    if (text === (before ?? "")) return async () => {};
    await writeWhole(path, text, { durable: true });
    return () => (before === undefined ? rm(path, { force: true }) : writeWhole(path, before, { durable: true }));
  }
}

/**
 * Does what needs no settings. Pulumi refuses everything for a stack whose settings file is no YAML: such a file is put aside meanwhile.
 */
export async function withoutBroken(path: string, work: () => Promise<void>): Promise<void> {
  const broken = await SettingsFile.read(path).then(
    () => false,
    () => true,
  );
  if (!broken) return await work();
  const aside = path.replace(/yaml$/, "broken.yaml");
  await rename(path, aside);
  try {
    await work();
  } finally {
    await rename(aside, path);
  }
}

async function textOf(path: string, mayBeMissing: boolean): Promise<string | undefined> {
  return await readFile(path, "utf8").catch((error: unknown) => {
    if (mayBeMissing && isAbsent(error)) return undefined;
    throw new UserError(`${path} cannot be read: ${errorMessage(error)}`);
  });
}

function parse(text: string, name: string): Document {
  const document = parseDocument(text);
  const problem = document.errors[0];
  if (problem !== undefined) throw new UserError(`the stack's settings file ${name} is not valid YAML: ${problem.message}`);
  if (document.contents === null) return new Document({});
  if (!isMap(document.contents))
    throw new UserError(`the stack's settings file ${name} holds no settings, but ${JSON.stringify(document)}`);
  return document;
}

/** @returns whether anything differs now */
function change(document: Document, changes: SettingChanges): boolean {
  const wanted = Object.entries(changes).filter(([path, value]) => {
    const now = document.getIn(keys(document, path));
    if (value === null) return now !== undefined;
    return value !== undefined && (now === undefined || now === null || String(now) !== value);
  });
  for (const [path, value] of wanted) {
    if (value === null) takeAway(document, keys(document, path));
    else set(document, keys(document, path), value);
  }
  return wanted.length > 0;
}

/** What held nothing else goes with it. */
function takeAway(document: Document, path: readonly string[]): void {
  document.deleteIn(path);
  const above = path.slice(0, -1);
  const left = document.getIn(above);
  if (above.length > 0 && isMap(left) && left.items.length === 0) takeAway(document, above);
}

/** What is no object cannot take a part: it stays, for the check to tell. */
function set(document: Document, path: string[], value: unknown): void {
  for (let depth = 0; depth < path.length; depth++) {
    const above = path.slice(0, depth);
    const now = document.getIn(above);
    if (now === null) document.deleteIn(above);
    // It is written in braces, and so would be what it takes.
    else if (isMap(now) && now.items.length === 0) now.flow = false;
    else if (now !== undefined && !isCollection(now)) return;
  }
  document.setIn(path, value);
}

/** Pulumi takes a key without a namespace for one of the project's. */
function keys(document: Document, path: string): string[] {
  const [first = "", ...rest] = path.split(".");
  return ["config", document.hasIn(["config", first]) ? first : `nitro:${first}`, ...rest];
}

/** Whether a key's namespace is ours but for a slip. */
function isNearNamespace(key: string): boolean {
  const namespace = key.slice(0, key.indexOf(":"));
  return namespace !== "nitro" && nearest(namespace.toLowerCase(), ["nitro"]) !== undefined;
}

function rawSettings(document: Document, name: string, encrypted: string[]): RawSettings {
  const config: unknown = document.toJS().config ?? {};
  if (!isObject(config))
    throw new UserError(`the stack's settings file ${name} has no settings below config, but ${JSON.stringify(config)}`);
  const named = Object.entries(config).map(([key, value]) => [key.includes(":") ? key : `nitro:${key}`, value] as const);
  const ours = named.filter(([key]) => key.startsWith("nitro:"));
  // Their names alone, for the check to tell; of what belongs to others nothing is handed on.
  const strays = named.flatMap(([key]) => (isNearNamespace(key) ? [[key, ""] as const] : []));
  return Object.fromEntries([
    ...strays,
    ...ours.flatMap(([key, value]) => {
      const plain = withoutEncrypted(value, key.slice("nitro:".length), encrypted);
      return plain === undefined ? [] : [[key, asPulumiHandsIt(plain)]];
    }),
  ]);
}

function asPulumiHandsIt(value: unknown): string {
  if (value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** @returns undefined for what is encrypted: `{ secure: … }` (sdk/go/common/resource/config/value.go of Pulumi) */
function withoutEncrypted(value: unknown, path: string, encrypted: string[]): unknown {
  const below = (key: string | number, inner: unknown) => withoutEncrypted(inner, `${path}.${key}`, encrypted);
  if (Array.isArray(value)) return value.map((inner, index) => below(index, inner)).filter((inner) => inner !== undefined);
  if (!isObject(value)) return value;
  if (Object.keys(value).length === 1 && typeof value.secure === "string") {
    encrypted.push(path);
    return undefined;
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, below(key, inner)]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True where settings were encrypted, or could be, by a passphrase: those of a stack that is gone keep their salt. */
export function hasSalt(settings: string): boolean {
  return /^encryptionsalt:/m.test(settings);
}
