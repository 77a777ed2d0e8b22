import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Document, parseDocument } from "yaml";
import { UserError } from "../common/errors.ts";
import { ifPresent, writeWhole } from "../common/files.ts";

/** Settings by their path below `nitro:`, such as "service.binary". */
export type Changes = Readonly<Record<string, string | undefined>>;

/** The settings file of one stack, Pulumi.<stack>.yaml, which git ignores. */
export class StackConfig {
  readonly file: string;

  constructor(root: string, stack: string) {
    this.file = join(root, `Pulumi.${stack}.yaml`);
  }

  /** @returns its text, or undefined where there is none yet */
  async text(): Promise<string | undefined> {
    return ifPresent(readFile(this.file, "utf8"));
  }

  /** @returns this project's settings as pulumi hands them to the program: full keys, objects as JSON text */
  async raw(): Promise<Record<string, string>> {
    const config: unknown = parse((await this.text()) ?? "").toJS()?.config ?? {};
    const entries = Object.entries(config as Record<string, unknown>).filter(([key]) => key.startsWith("nitro:"));
    return Object.fromEntries(entries.map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]));
  }

  /** @returns the value of a setting, such as "service.binary"; undefined where it is not set */
  async get(path: string): Promise<string | undefined> {
    return setting((await this.text()) ?? "", path);
  }

  /**
   * Writes settings, where they differ from what is there.
   * @returns how to put the file back as it was
   */
  async change(changes: Changes): Promise<() => Promise<void>> {
    const before = await this.text();
    const after = withSettings(before ?? "", changes);
    if (after === (before ?? "")) return async () => {};
    await writeWhole(this.file, after, { durable: true });
    return () => (before === undefined ? rm(this.file, { force: true }) : writeWhole(this.file, before, { durable: true }));
  }

  async remove(): Promise<void> {
    await rm(this.file, { force: true });
  }
}

/** @returns a setting's value in the text of a settings file */
export function setting(text: string, path: string): string | undefined {
  const value = parse(text).getIn(keys(path));
  return value === undefined || value === null ? undefined : String(value);
}

/** @returns the text with the settings changed and everything else, comments too, as it was */
export function withSettings(text: string, changes: Changes): string {
  const wanted = Object.entries(changes).filter(([path, value]) => value !== undefined && setting(text, path) !== value);
  if (wanted.length === 0) return text;
  const document = parse(text);
  for (const [path, value] of wanted) document.setIn(keys(path), value);
  return document.toString({ lineWidth: 0 });
}

function keys(path: string): string[] {
  const [first = "", ...rest] = path.split(".");
  return ["config", `nitro:${first}`, ...rest];
}

function parse(text: string): Document {
  const document = parseDocument(text);
  const problem = document.errors[0];
  if (problem !== undefined) throw new UserError(`the stack's settings file is not valid YAML: ${problem.message}`);
  return document.contents === null ? new Document({}) : document;
}
