import { EngineError } from "./error.ts";
import type { Transport } from "./transport.ts";

interface RawConfig {
  readonly ID: string;
  readonly Spec: { readonly Name: string };
}

/** Removes configs of a swarm, which carry no labels, by their names; those that a service uses stay. An engine that manages no swarm has none. */
export async function removeConfigs(transport: Transport, isMeant: (name: string) => boolean): Promise<void> {
  let configs: RawConfig[];
  try {
    configs = await transport.json<RawConfig[]>({ method: "GET", path: "/configs", doing: "list configs" });
  } catch (error) {
    if (error instanceof EngineError && error.status !== undefined) return;
    throw error;
  }
  const meant = configs.filter(({ Spec }) => isMeant(Spec.Name));
  await Promise.all(
    meant.map(async ({ ID, Spec }) => {
      const call = { method: "DELETE", path: `/configs/${ID}`, doing: `remove config ${Spec.Name}` } as const;
      await transport.text(call).catch((error: unknown) => {
        if (!(error instanceof EngineError) || error.status === undefined || !/in use by|not found/.test(error.message)) throw error;
      });
    }),
  );
}
