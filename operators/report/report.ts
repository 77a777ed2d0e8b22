import { createHash, type Hash } from "node:crypto";
import { createReadStream } from "node:fs";
import { StringDecoder } from "node:string_decoder";
import { errorCode, errorMessage, UserError } from "../../common/errors.ts";
import type { PaymentDetails } from "../../key-feeder/payouts/messages.ts";
import { Sums } from "./decimal.ts";
import { ListError, listElements } from "./elements.ts";
import { type ReportProblem, readPayment } from "./payment.ts";

/** A report that can be sent as it is. */
export interface CheckedReport {
  readonly path: string;
  /** SHA-256 of the file in hex: it tells this report from one that was changed. */
  readonly sha256: string;
  readonly payoutId: string;
  /** How many payments it lists. */
  readonly count: number;
  readonly sums: Sums;
}

/** A report that cannot be sent; the message has every problem with its line and field. */
export class ReportError extends UserError {
  override readonly name = "ReportError";
  readonly problems: readonly ReportProblem[];

  constructor(path: string, problems: readonly ReportProblem[]) {
    const lines = problems.map(({ line, field, message }) => `${path}:${line}: ${field === undefined ? "" : `${field}: `}${message}`);
    super(
      [`the report has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}, and nothing of it was sent:`, ...lines].join(
        "\n",
      ),
    );
    this.problems = problems;
  }
}

/**
 * Reads a report from beginning to end, one payment at a time.
 * @param refused says why a custodian is not taken; undefined for one that is
 * @throws ReportError with everything that is wrong with it; UserError where the file cannot be read
 */
export async function checkReport(
  path: string,
  refused: (custodian: string) => string | undefined = () => undefined,
): Promise<CheckedReport> {
  const hash = createHash("sha256");
  const problems: ReportProblem[] = [];
  /** Where each payee is: all that is kept of a payment. */
  const payees = new Map<string, number>();
  const sums = new Sums();
  let payoutId: string | undefined;
  let count = 0;
  try {
    for await (const element of listElements(readText(path, hash))) {
      count++;
      const read = readPayment(element);
      if ("problems" in read) {
        problems.push(...read.problems);
        continue;
      }
      const { details, lines } = read.payment;
      const before = payees.get(details.to);
      if (before !== undefined)
        problems.push({
          line: lines.to,
          field: "to",
          message: `${details.to} is paid on line ${before} already: allowed is once a payout`,
        });
      else payees.set(details.to, lines.to);
      const refusal = refused(details.custodian);
      if (refusal !== undefined)
        problems.push({ line: lines.custodian, field: "custodian", message: `it is ${details.custodian}: ${refusal}` });
      payoutId ??= details.payoutId;
      if (payoutId !== details.payoutId)
        problems.push({
          line: lines.payoutId,
          field: "payoutId",
          message: `it is ${details.payoutId}: the first one is ${payoutId}, and a report is of one payout`,
        });
      sums.add(details.currency, details.amount);
    }
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    problems.push({ line: error.line, message: error.message });
  }
  if (problems.length === 0 && payoutId === undefined) problems.push({ line: 1, message: "it lists no payments" });
  if (problems.length > 0 || payoutId === undefined) throw new ReportError(path, problems);
  return { path, sha256: hash.digest("hex"), payoutId, count, sums };
}

/**
 * Reads the payments of a report that was checked, from one on, one at a time.
 * @param from how many are passed over
 * @throws UserError where the file is not the one that was checked
 */
export async function* paymentsOf(report: CheckedReport, from = 0): AsyncGenerator<PaymentDetails> {
  const hash = createHash("sha256");
  const changed = () =>
    new UserError(`${report.path} was changed while it was read; what was sent of it stays`, "the same command goes on");
  let index = 0;
  try {
    for await (const element of listElements(readText(report.path, hash))) {
      const read = readPayment(element);
      if ("problems" in read) throw changed();
      if (index++ >= from) yield read.payment.details;
    }
  } catch (error) {
    throw error instanceof ListError ? changed() : error;
  }
  if (hash.digest("hex") !== report.sha256) throw changed();
}

/** @throws UserError where the file cannot be read */
async function* readText(path: string, hash: Hash): AsyncGenerator<string> {
  const decoder = new StringDecoder("utf8");
  try {
    for await (const bytes of createReadStream(path)) {
      hash.update(bytes);
      yield decoder.write(bytes);
    }
    yield decoder.end();
  } catch (error) {
    throw new UserError(`the report ${path} ${unreadable[errorCode(error) ?? ""] ?? `cannot be read: ${errorMessage(error)}`}`);
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: "is not there: there is no such file",
  EISDIR: "is a folder: allowed is a file",
  EACCES: "cannot be read: this user may not",
};
