import { containerDetails, type RawDetails } from "./answers.ts";
import { isNotFound } from "./error.ts";
import { findPart, partDetails, serviceOfContainer } from "./swarm.ts";
import { NoContainerHere, type SwarmTransport } from "./swarm-transport.ts";
import type { Call } from "./transport.ts";
import type { ContainerDetails } from "./types.ts";

/** @returns a container, or what runs of a swarm's service; undefined where there is neither */
export async function inspectContainer(transport: SwarmTransport, name: string): Promise<ContainerDetails | undefined> {
  const call: Call = { method: "GET", path: `/containers/${name}/json`, doing: `inspect ${name}` };
  try {
    const raw = await transport.json<RawDetails>(call);
    const service = serviceOfContainer(raw.Config.Labels ?? {});
    const part = service === undefined ? undefined : findPart(await transport.parts(), service);
    return part === undefined ? containerDetails(raw) : partDetails(part, raw);
  } catch (error) {
    if (error instanceof NoContainerHere) return partDetails(error.part, undefined);
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Whether a container's log is that of a terminal: then the engine does not tell output and error apart. */
export async function hasTerminal(transport: SwarmTransport, name: string): Promise<boolean> {
  const call: Call = { method: "GET", path: `/containers/${name}/json`, doing: `read the logs of ${name}` };
  try {
    return containerDetails(await transport.json<RawDetails>(call)).tty;
  } catch (error) {
    if (error instanceof NoContainerHere) return false;
    throw error;
  }
}
