import { keysFolder } from "../components/key-feeder.ts";
import type { Engine } from "../docker/engine.ts";
import { type OperatorsFile, operatorsFile } from "../key-feeder/contract.ts";
import type { StackNames } from "../model/names.ts";

/** Before there are any. */
export const noOperators: OperatorsFile = { vault: "", operators: [] };

/**
 * Reads what the key-feeder tells of the operators, through the engine: nothing of it is in an environment or on a port.
 * @returns noOperators where this key-feeder tells nothing: one of an older version, before the next up
 */
export async function readOperators(engine: Pick<Engine, "archive">, { containers }: StackNames): Promise<OperatorsFile> {
  const { readEntry } = await import("../docker/archive.ts");
  const entry = await readEntry(engine, containers["key-feeder"], `${keysFolder}/${operatorsFile}`);
  return entry === undefined ? noOperators : (JSON.parse(entry.content.toString()) as OperatorsFile);
}
