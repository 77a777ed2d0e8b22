import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Context } from "../../common/context.ts";
import { errorMessage, UserError } from "../../common/errors.ts";
import { operatorNames } from "../../key-feeder/contract.ts";
import { operatorOfKey, type StackOperator, strangerOfKey } from "../../operators/keys.ts";
import type { SignedCaller } from "../../operators/service-api.ts";
import type { ConnectedStack } from "../connection.ts";
import type { Options } from "../core/declaration.ts";

export const operatorNumbers = operatorNames.map((_, index) => String(index + 1));

/** Whose key signs. */
export const signingOptions = {
  operator: { type: "string", words: operatorNumbers, default: "1", help: "who signs" },
  key: { type: "string", placeholder: "FILE", complete: "files", help: "sign with this ed25519 key (PKCS#8 PEM) instead" },
} as const satisfies Options;

/** @throws UserError where the stack does not tell its operators' keys */
export function operatorNumbered({ name, operators }: Pick<ConnectedStack, "name" | "operators">, number: string): StackOperator {
  const operator = operators[Number(number) - 1];
  if (operator !== undefined) return operator;
  throw new UserError(`stack "${name}" has not told its operators' keys yet`, `./nitro up -s ${name}`);
}

/** @throws UserError where the file cannot be read */
export async function readKeyFile(file: string, { cwd }: Pick<Context, "cwd">): Promise<string> {
  return readFile(resolve(cwd, file), "utf8").catch((error: unknown) => {
    throw new UserError(`the key ${file} cannot be read: ${errorMessage(error)}`);
  });
}

/** Who asks the service: an operator, or whoever has a key. Whether it is an operator's is for the service to say. */
export async function callerOf(
  stack: ConnectedStack,
  { operator, key }: { readonly operator: string; readonly key?: string | undefined },
  context: Context,
): Promise<SignedCaller> {
  const signer = key === undefined ? operatorNumbered(stack, operator).signer : strangerOfKey(await readKeyFile(key, context), key);
  return { service: { stack: stack.name, url: stack.outputs.serviceUrl, host: stack.serviceHost }, signer, signal: context.signal };
}

/** The operators that authorize, in the order in which they were named. @throws UserError for a key that is no operator's */
export async function authorizersOf(
  stack: ConnectedStack,
  { operator, key }: { readonly operator: readonly string[]; readonly key?: string | undefined },
  context: Context,
): Promise<StackOperator[]> {
  if (key !== undefined) return [operatorOfKey(stack.operators, await readKeyFile(key, context), key)];
  return [...new Set(operator)].map((number) => operatorNumbered(stack, number));
}
