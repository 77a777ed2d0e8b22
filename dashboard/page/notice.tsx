import type { PageError } from "./server.ts";

/** What stands in the way, and what to do about it. */
export function ProblemNotice({ error }: { readonly error: PageError | undefined }) {
  if (error === undefined) return null;
  return (
    <div class="notice bad" role="alert">
      <p>{error.message}</p>
      {error.hint === undefined ? null : <p class="hint">{error.hint}</p>}
    </div>
  );
}

/** What was done. */
export function Done({ text }: { readonly text: string | undefined }) {
  return (
    <div class="told" role="status">
      {text === undefined ? null : <p class="notice">{text}</p>}
    </div>
  );
}
