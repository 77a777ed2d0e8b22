/** An error that the session API answers with; the names are QLDB's. */
export class LedgerError extends Error {
  override readonly name:
    | "BadRequestException"
    | "OccConflictException"
    | "InvalidSessionException"
    | "RateExceededException"
    | "CapacityExceededException"
    | "LimitExceededException";

  constructor(name: LedgerError["name"], message: string) {
    super(message);
    this.name = name;
  }
}

/** @returns a BadRequestException */
export function badRequest(message: string): LedgerError {
  return new LedgerError("BadRequestException", message);
}

/** @returns a CapacityExceededException, which drivers try again after */
export function diskIsFull(error: Error): LedgerError {
  return new LedgerError(
    "CapacityExceededException",
    `nothing was written, the disk is full: try again once there is room (${error.message})`,
  );
}
