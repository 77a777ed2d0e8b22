import pinsJson from "./pins.json" with { type: "json" };

/** What toolchain/pins.json says: every version that set-up installs, and what its files have to be. */
export const pins: typeof pinsJson & { readonly releases: Readonly<Record<string, string>> } = pinsJson;

export type PluginName = keyof typeof pins.plugins;

/** What every stack needs. */
export const pluginNames: readonly PluginName[] = ["docker", "random"];

/** What only some stacks need, and is installed for the first of them: aws for ledger mode aws. */
export const extraPluginNames: readonly PluginName[] = ["aws"];
