import { UserError } from "../../common/errors.ts";
import type { PlanStep } from "../control/explain.ts";
import { isMissingOperation, type LedgerHttp } from "./http.ts";

/**
 * Asks how a statement would find its rows; nothing is read or written.
 * @param ledger its name
 * @throws LedgerRefusal for a statement that is none; UserError where the ledger is older than this
 */
export async function explainStatement(http: LedgerHttp, ledger: string, statement: string): Promise<PlanStep[]> {
  try {
    const { Plan: plan } = await http.control("POST", `/nitro/ledgers/${encodeURIComponent(ledger)}/explain`, { Statement: statement });
    return plan as PlanStep[];
  } catch (error) {
    if (!isMissingOperation(error)) throw error;
    throw new UserError(`the ledger at ${http.endpoint} cannot explain statements: it is not of this version`, "./nitro up");
  }
}
