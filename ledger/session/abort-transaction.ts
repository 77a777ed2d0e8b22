import type { Json } from "./requests.ts";
import type { Session } from "./session.ts";

/** AbortTransaction: `{}` → `{}`, also where no transaction is open. */
export function abortTransaction(_request: Json, session: Session): Json {
  session.abandon();
  return {};
}
