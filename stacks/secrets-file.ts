import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { UserError } from "../common/errors.ts";

/** The file of secrets is not usable; the message says why. No value is ever part of it. */
export class SecretsFileError extends UserError {
  override readonly name = "SecretsFileError";
}

/**
 * Reads a developer's own secrets: one flat JSON object of strings, such as `{"zebpayApiKey": "…"}`.
 * @returns the same as compact JSON text
 * @throws SecretsFileError
 */
export function readSecretsFile(root: string, file: string): string {
  const fail = (what: string): never => {
    throw new SecretsFileError(
      `setting nitro:secrets.file is ${file}: ${what}; needed is a JSON file with one flat object of strings, such as {"zebpayApiKey": "…"}`,
    );
  };
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(resolve(root, file), "utf8"));
  } catch (error) {
    // A parser's message quotes the text, and the text is secret.
    return fail(
      error instanceof SyntaxError ? "it is not JSON" : `it cannot be read (${error instanceof Error ? error.message : String(error)})`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail("it does not hold an object");
  const wrong = Object.entries(value).filter(([, secret]) => typeof secret !== "string");
  if (wrong.length > 0) return fail(`the values of ${wrong.map(([key]) => key).join(", ")} are not strings`);
  return JSON.stringify(value);
}
