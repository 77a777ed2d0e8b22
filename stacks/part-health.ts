import type * as pulumi from "@pulumi/pulumi";
import type { Engine } from "../cli/docker.ts";
import { noteAnswered } from "./answered.ts";
import type { HealthCheck, StackContext } from "./context.ts";
import { runDeclared } from "./declared.ts";
import { waitUntilHealthy } from "./healthy.ts";
import { type LiveRole, liveRoles } from "./live-override.ts";
import type { Role, StackNames } from "./names.ts";
import type { StagedExecutable } from "./staging.ts";

export interface PartHealthArgs {
  readonly engine: Engine;
  /** The project's folder. */
  readonly root: string;
  readonly names: StackNames;
  /** What service and worker are to run. */
  readonly executable: Promise<StagedExecutable>;
  /** Aborted: nobody needs the answers any more. */
  readonly superseded: AbortSignal | undefined;
}

/** @returns how the components of a stack wait for their containers' answers */
export function partHealth(args: PartHealthArgs): StackContext["healthy"] {
  const answered = new Set<LiveRole>();
  return async (role, id, check) => {
    await started(id);
    if (role !== "service" && role !== "worker") return await answers(args, role, check);
    await runsAndAnswers(args, role, check);
    answered.add(role);
    if (answered.size < liveRoles.length || args.superseded?.aborted === true) return;
    await noteAnswered(args.root, args.names.stack, (await args.executable).sha256);
  };
}

function answers({ engine, names, superseded }: PartHealthArgs, role: Role, check: HealthCheck): Promise<void> {
  return waitUntilHealthy(engine, names.containers[role], { role, check, stack: names.stack, superseded });
}

async function runsAndAnswers(args: PartHealthArgs, role: LiveRole, check: HealthCheck): Promise<void> {
  const { sha256, folder: bin } = await args.executable;
  if (bin === undefined) return await answers(args, role, check);
  const { names, engine } = args;
  const replacing = runDeclared(engine, { stack: names.stack, role, container: names.containers[role], bin, sha256, check });
  // One that was to be replaced may have crashed meanwhile.
  const [replaced] = await Promise.all([
    replacing,
    answers(args, role, check).catch(async (error) => ((await replacing) ? answers(args, role, check) : Promise.reject(error))),
  ]);
  if (replaced) await answers(args, role, check);
}

/** A container's id is known once it has been started. */
function started(id: pulumi.Output<string>): Promise<void> {
  return new Promise((resolve) => id.apply(() => resolve()));
}
