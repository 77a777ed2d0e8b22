import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";

/** GET /ledgers?max_results=&next_token= */
export function listLedgers({ registry, query }: ControlRequest): unknown {
  const most = Number(query.get("max_results") ?? 100);
  if (!Number.isInteger(most) || most < 1 || most > 100)
    throw new ControlError("InvalidParameterException", `max_results is ${most}: allowed are 1 to 100`);
  const after = query.get("next_token");
  const rest = registry.list().filter(({ name }) => after === null || name > after);
  const page = rest.slice(0, most);
  return {
    Ledgers: page.map(({ name, created }) => ({ Name: name, State: "ACTIVE", CreationDateTime: created / 1000 })),
    ...(rest.length > page.length ? { NextToken: page.at(-1)?.name } : {}),
  };
}
