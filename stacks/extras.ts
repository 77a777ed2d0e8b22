import { statSync } from "node:fs";
import { relative } from "node:path";
import { pathToFileURL } from "node:url";
import { RunError } from "@pulumi/pulumi";
import { errorCode, errorMessage, UserError } from "../common/errors.ts";
import type { Extras, PartContext } from "../components/part-context.ts";
import { findExtras, wantedOfExtras } from "./extras-file.ts";

/** A module that declares parts of a team's own. */
export interface ExtrasModule {
  /** As messages name it. */
  readonly shown: string;
  readonly declare: Extras;
}

/** What an extras module has declared. */
export interface DeclaredExtras {
  /** Resolves once everything is declared; rejects with what is wrong with the module. */
  readonly declared: Promise<void>;
  /** Resolves once every part that the module waits for answers. */
  readonly ready: Promise<unknown>;
}

/**
 * Loads the module that the setting names, as it is now: a long command may have loaded it before.
 * @throws UserError with the module's own words
 */
export async function loadExtras(root: string, file: string): Promise<ExtrasModule> {
  const path = findExtras(root, file);
  const shown = relative(root, path).startsWith("..") ? path : relative(root, path);
  const url = pathToFileURL(path);
  url.searchParams.set("changed", String(statSync(path).mtimeMs));
  const loaded = (await import(url.href).catch((error: unknown) => {
    const outside =
      errorCode(error) === "ERR_MODULE_NOT_FOUND" && shown === path ? "; below the project's folder it finds the project's packages" : "";
    throw new UserError(`extras ${shown} cannot be loaded: ${told(error, path)}${outside}`);
  })) as Readonly<Record<string, unknown>>;
  const { extras } = loaded;
  if (typeof extras !== "function") {
    const names = Object.keys(loaded).join(", ");
    throw new UserError(`extras ${shown} exports ${names === "" ? "nothing" : names}: ${wantedOfExtras}`);
  }
  return { shown, declare: extras as Extras };
}

/** Has the module declare its parts. @param module undefined where the settings name none */
export function declareExtras(module: ExtrasModule | undefined, context: PartContext): DeclaredExtras {
  if (module === undefined) return { declared: Promise.resolve(), ready: Promise.resolve() };
  const answers: Promise<void>[] = [];
  const healthy: PartContext["healthy"] = (...part) => {
    const answer = context.healthy(...part);
    answers.push(answer);
    return answer;
  };
  const declared = declare(module, { ...context, healthy });
  // Whoever waits for the answers is told of it by the declaration.
  declared.catch(() => {});
  return { declared, ready: declared.then(() => Promise.all(answers)) };
}

async function declare({ shown, declare: extras }: ExtrasModule, context: PartContext): Promise<void> {
  try {
    await extras(context);
  } catch (error) {
    // One and the same error for all who wait: Pulumi then tells it once.
    throw new RunError(`extras ${shown} failed: ${told(error, shown)}`);
  }
}

/** An error in one line, with its place in the module where that is known. */
function told(error: unknown, path: string): string {
  const kind = error instanceof Error && !(error instanceof UserError) && error.name !== "Error" ? `${error.name}: ` : "";
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const name = path.replace(/^.*\//, "").replaceAll(".", "\\.");
  const place = new RegExp(`${name}(?:\\?[^:)]*)?:(\\d+)(?::\\d+)?`).exec(stack)?.[1];
  return `${kind}${errorMessage(error).split("\n")[0]}${place === undefined ? " (where: NITRO_DEBUG=1)" : ` (line ${place})`}`;
}
