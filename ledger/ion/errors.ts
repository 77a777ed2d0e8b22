/** The bytes or the text are not Ion. */
export class IonError extends Error {
  override readonly name = "IonError";
}
