import { answerControl } from "../control/router.ts";
import type { SessionContext } from "../session/context.ts";
import { object } from "../session/requests.ts";
import { sendCommand } from "../session/send-command.ts";
import { badRequest } from "../transaction/errors.ts";
import type { Answering, CallResult, EngineCall } from "./call.ts";
import { hasMoreValues } from "./json-size.ts";
import { callResult, errorResult } from "./result.ts";

/** Both of QLDB's APIs, behind whatever carries their requests. */
export class LedgerEngine implements Answering {
  private readonly context: SessionContext;
  private readonly log: (message: string) => void;

  /** @param options with where to tell what nobody expected */
  constructor(options: SessionContext & { readonly log: (message: string) => void }) {
    this.context = options;
    this.log = options.log;
  }

  async answer({ body, control }: EngineCall): Promise<CallResult> {
    try {
      const request = parsed(body);
      if (control === undefined) return callResult(200, await sendCommand(object(request, "the request"), this.context));
      const { method, target, authorization } = control;
      const url = new URL(target, "http://ledger");
      const { status, body: result } = await answerControl(this.context.registry, { method, url, authorization, body: request });
      return callResult(status, result);
    } catch (error) {
      return errorResult(error, this.log);
    }
  }
}

/** Values of a request's JSON: as many parameters as a statement can have, and what is around them. */
const mostValues = 150_000;

function parsed(body: Buffer): unknown {
  if (body.length === 0) return {};
  if (hasMoreValues(body, mostValues)) throw badRequest(`the request has more than ${mostValues} values of JSON`);
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw badRequest("the request is not JSON");
  }
}
