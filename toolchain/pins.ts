import pinsJson from "./pins.json" with { type: "json" };

/** What toolchain/pins.json says: every version that set-up installs, and what its files have to be. */
export const pins = pinsJson;

export type PluginName = keyof typeof pins.plugins;
export const pluginNames: readonly PluginName[] = ["docker", "random"];
