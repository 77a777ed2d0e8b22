import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { Script } from "node:vm";
import type { Context } from "../../common/context.ts";
import { UsageError, UserError } from "../../common/errors.ts";
import { ifPresentSync } from "../../common/files.ts";
import type { ShellTools } from "./tools.ts";

type AsyncFunctionConstructor = new (...parts: string[]) => (...values: unknown[]) => Promise<unknown>;

/** @throws UsageError where there is nothing to evaluate */
export function mustSaySomething(expression: string | undefined): void {
  if (expression?.trim() === "") throw new UsageError("--eval is empty: allowed is an expression, such as 'await pay.ls()'");
}

/**
 * @param expression of JavaScript, or statements
 * @throws UserError with what it threw, or why it is none
 */
export async function runExpression(expression: string, tools: Partial<ShellTools>): Promise<unknown> {
  const run = compiled(expression, Object.keys(tools));
  try {
    return await run(...Object.values(tools));
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(String(error));
  }
}

function compiled(text: string, names: readonly string[]): (...values: unknown[]) => Promise<unknown> {
  const AsyncFunction = (async () => {}).constructor as AsyncFunctionConstructor;
  try {
    return new AsyncFunction(...names, `return (${text}\n)`);
  } catch {
    // Statements are no expression.
  }
  try {
    return new AsyncFunction(...names, text);
  } catch (error) {
    throw new UserError(`${syntaxError(text) ?? String(error)} in --eval`, text);
  }
}

/**
 * What is wrong with a text that is no body of a function: told of a function that begins with it and does not end, it is about nothing that stands
 * behind the text.
 * @returns undefined where the text ends that function itself
 */
function syntaxError(text: string): string | undefined {
  try {
    new Script(`async function typed() {\n${text}`);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

/** @param script as it was typed @returns its absolute path @throws UserError where no script is there */
export function scriptFile(script: string, { cwd }: Pick<Context, "cwd">): string {
  const file = resolve(cwd, script);
  const stats = ifPresentSync(() => statSync(file));
  if (stats === undefined) throw new UserError(`there is no file ${script}`, "name a script that is there; without one you get a shell");
  if (stats.isDirectory()) throw new UserError(`${script} is a folder, and no script`, "name the file in it");
  return file;
}

/**
 * @param file absolute
 * @param root this project's folder
 * @throws UserError with what the script threw, and where
 */
export async function runScript(file: string, tools: Partial<ShellTools>, root: string): Promise<void> {
  Object.assign(globalThis, tools);
  // Of calls that the script does not wait for.
  const unawaited = Promise.withResolvers<never>();
  process.on("unhandledRejection", unawaited.reject);
  try {
    await Promise.race([import(pathToFileURL(file).href), unawaited.promise]);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(error instanceof Error ? ownStack(error, dirname(file), root) : `${file} threw ${inspect(error)}`);
  } finally {
    process.off("unhandledRejection", unawaited.reject);
  }
}

/** An error's stack without the frames of Node and of this project. @param folder of the script, which may be in the project */
export function ownStack(error: Error, folder: string, root: string): string {
  const lines = (error.stack ?? String(error)).split("\n");
  return lines.filter((line) => isOwn(line, folder, root)).join("\n");
}

function isOwn(line: string, folder: string, root: string): boolean {
  const place = /^ +at (?:.* \()?(.+?)(?::\d+)*\)?$/.exec(line)?.[1]?.replace(/^async /, "");
  if (place === undefined) return true;
  if (place.startsWith("node:")) return false;
  const file = place.startsWith("file:") ? fileURLToPath(place) : place;
  return dirname(file) === folder || !file.startsWith(`${root}/`);
}
