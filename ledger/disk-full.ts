/** A full disk, a used-up quota, and a file that may not grow: there can be room again. */
const codes = ["ENOSPC", "EDQUOT", "EFBIG"];

/** Whether an error says that there is no room for what was to be written. */
export function isDiskFull(error: unknown): error is Error {
  return error instanceof Error && "code" in error && typeof error.code === "string" && codes.includes(error.code);
}
