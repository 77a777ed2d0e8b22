import { badRequest } from "../transaction/errors.ts";
import type { SessionContext } from "./context.ts";
import { type Json, requestText } from "./requests.ts";

/** StartSession: `{LedgerName}` → `{SessionToken}` */
export async function startSession(request: Json, { registry, sessions }: SessionContext): Promise<Json> {
  const name = requestText(request, "LedgerName", { most: 32, pattern: /^(?!.*--)(?![0-9]+$)(?!-)(?!.*-$)[A-Za-z0-9-]+$/ });
  await registry.settled(name);
  const ledger = registry.ledger(name);
  if (ledger === undefined) throw badRequest(`The Ledger with name ${name} is not found`);
  return { SessionToken: sessions.start(ledger).token };
}
