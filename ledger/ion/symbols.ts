import type { SymbolText } from "./value.ts";

/** Symbols that every Ion stream begins with: https://amazon-ion.github.io/ion-docs/docs/symbols.html#system-symbols */
export const systemSymbols: readonly SymbolText[] = [
  null,
  "$ion",
  "$ion_1_0",
  "$ion_symbol_table",
  "name",
  "version",
  "imports",
  "symbols",
  "max_id",
  "$ion_shared_symbol_table",
];
