/** One JSON object a line, for people and programs. Never give it a secret. */
export interface FeederLog {
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
}

type Fields = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** @param write takes one line, newline included */
export function createLog(write: (line: string) => void): FeederLog {
  const at =
    (level: string) =>
    (message: string, fields: Fields = {}) =>
      write(`${JSON.stringify({ time: new Date().toISOString(), level, message, ...fields })}\n`);
  return { info: at("info"), warn: at("warn"), error: at("error") };
}

/**
 * Says once that something went away and once that it is back, however often it is tried in between.
 * @param name for the reader, such as "S3"
 */
export class Outage {
  private readonly log: FeederLog;
  private readonly name: string;
  private reason: string | undefined;

  constructor(log: FeederLog, name: string) {
    this.log = log;
    this.name = name;
  }

  failed(error: unknown): void {
    const reason = problem(error);
    if (this.reason === undefined) this.log.warn(`${this.name} cannot be used; trying again until it can`, { reason });
    this.reason = reason;
  }

  worked(): void {
    if (this.reason !== undefined) this.log.info(`${this.name} can be used again`, { reason: this.reason });
    this.reason = undefined;
  }
}

/** What went wrong in one line. Some of node's errors have a code and no message. */
export function problem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error && typeof error.code === "string" ? error.code : error.name;
  return error.message === "" ? code : `${code}: ${error.message}`;
}
