import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import type { StackOutputs } from "../../model/outputs.ts";
import { nitro } from "../run.ts";
import type { Runner, SwapTarget } from "./measure.ts";

/** A stack that is up, as what its own swaps are measured by. */
export async function stackTarget(stack: string): Promise<SwapTarget> {
  const engine = Engine.connect();
  const { serviceUrl } = JSON.parse(await nitro(["outputs", "-s", stack, "--json"])) as StackOutputs;
  const names = stackNames(stack).containers;
  const [service, worker] = await Promise.all([runner(engine, names.service), runner(engine, names.worker)]);
  return { engine, url: serviceUrl, service, worker };
}

async function runner(engine: Engine, container: string): Promise<Runner> {
  const healthCheck = (await engine.inspect(container))?.healthCheck;
  if (healthCheck === undefined) throw new Error(`${container} has no health check`);
  return { container, healthCheck };
}
