import { once } from "node:events";
import { mustBeKnown } from "../../automation/lost-state.ts";
import { Stack } from "../../automation/stack.ts";
import type { Context } from "../../common/context.ts";
import { aboutRoute } from "../../dashboard/about.ts";
import { ledgerRoutes } from "../../dashboard/ledger.ts";
import { payoutRoutes } from "../../dashboard/payouts.ts";
import type { Route } from "../../dashboard/routes.ts";
import { EarlyLook, type StackDesk, stackRoutes } from "../../dashboard/stack.ts";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { partsOf } from "../../model/parts.ts";
import { declareCommand } from "../core/command.ts";
import { stackOption } from "../core/declaration.ts";
import { selectStack } from "../core/selection.ts";
import { wholeNumber } from "../core/values.ts";
import { withLedger } from "../ledger/target.ts";
import { openPage } from "./open-page.ts";
import { stackDesk } from "./stack-desk.ts";

export const command = declareCommand({
  options: {
    ...stackOption,
    port: {
      type: "string",
      placeholder: "PORT",
      default: "0",
      read: wholeNumber(0, 65_535),
      help: "to listen on, at 127.0.0.1; 0: any free one",
    },
  },
  notes: `Prints the page's address; what follows its # lets in whoever has it, so keep it to yourself. Each start makes another. Runs until Ctrl-C.`,
  examples: [["nitro dashboard -s alice", "parts, payouts, ledger and logs of a stack in the browser"]],
  stopsCleanly: true,

  async run({ values }, context) {
    const name = selectStack(values.stack, context.env);
    await mustBeKnown(new Stack(name, context), context);
    const desk = stackDesk(name, context);
    const early = new EarlyLook(desk);
    const routes = routesOf(name, desk, early, context);
    const page = await openPage({ port: values.port, routes, first: "stack", onOpen: () => early.begin() }, context);
    context.stdout.write(`the page of stack "${name}": ${page.address}\nCtrl-C ends it\n`);
    if (!context.signal.aborted) await once(context.signal, "abort");
    await page.stop();
    return 0;
  },
});

function routesOf(name: string, desk: StackDesk, early: EarlyLook, context: Context): Route[] {
  const about = async () => ({ stack: name, ledger: await ledgerName(name, context) });
  return [
    aboutRoute(about),
    ...stackRoutes(desk, early),
    ...payoutRoutes(desk),
    ...ledgerRoutes({ withLedger: (use) => withLedger({ stack: name }, context, use) }),
  ];
}

/** In ledger mode aws there is none here. */
async function ledgerName(stack: string, { env }: Context): Promise<string | undefined> {
  const { containers, ledgerName: own } = stackNames(stack);
  const service = await Engine.connect(env).inspect(containers.service);
  return partsOf(service?.labels).includes("ledger") ? own : undefined;
}
