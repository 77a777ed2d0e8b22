const statuses = {
  InvalidParameterException: 400,
  LimitExceededException: 400,
  ResourceNotFoundException: 404,
  ResourceAlreadyExistsException: 409,
  ResourceInUseException: 409,
  ResourcePreconditionNotMetException: 412,
} as const;

/** An error of the control plane; the names and HTTP statuses are QLDB's. */
export class ControlError extends Error {
  override readonly name: keyof typeof statuses;

  constructor(name: keyof typeof statuses, message: string) {
    super(message);
    this.name = name;
  }

  get status(): number {
    return statuses[this.name];
  }
}
