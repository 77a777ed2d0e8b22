import { portIsFree } from "../common/ports.ts";
import { stackPorts } from "./names.ts";

/**
 * A base above the given one where all of a stack's ports are free at present.
 * @returns undefined where there is none
 */
export async function freePortBase(taken: number, isFree: (port: number) => Promise<boolean> = portIsFree): Promise<number | undefined> {
  for (let step = 1; step < 1000; step++) {
    const base = 20000 + ((taken - 20000 + 10 * step) % 10000);
    const free = await Promise.all(Object.values(stackPorts(base)).map(isFree));
    if (free.every(Boolean)) return base;
  }
  return undefined;
}
