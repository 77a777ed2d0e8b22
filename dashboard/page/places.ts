/** Where in the page somebody is. */
export type Place =
  | { readonly view: "stack" | "logs" | "payouts" | "ledger" }
  | { readonly view: "payout"; readonly payout: string }
  | { readonly view: "history"; readonly table: string; readonly id: string };

/** @param hash of the address, with its #. @returns the place, or undefined for none */
export function placeAt(hash: string): Place | undefined {
  const [view, first, second] = hash.replace(/^#\/?/, "").split("/").map(decoded);
  if (view === "stack" || view === "logs") return { view };
  if (view === "payouts") return first === undefined ? { view } : { view: "payout", payout: first };
  if (view === "ledger") return first === undefined || second === undefined ? { view } : { view: "history", table: first, id: second };
  return undefined;
}

/** The hash of a place. */
export function hashOf(place: Place): string {
  if (place.view === "payout") return `#/payouts/${encodeURIComponent(place.payout)}`;
  if (place.view === "history") return `#/ledger/${encodeURIComponent(place.table)}/${encodeURIComponent(place.id)}`;
  return `#/${place.view}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
