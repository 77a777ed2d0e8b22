import { parse } from "yaml";
import { parseSettings } from "../../model/settings.ts";
import type { Authorizing } from "./payout.ts";

/**
 * Who authorizes the payouts of a stack.
 * @param text its settings file; empty where there is none
 * @throws ConfigError where its settings are wrong
 */
export function authorizingOf(text: string, stack: string): Authorizing {
  const file: unknown = parse(text);
  const config: unknown = typeof file === "object" && file !== null && "config" in file ? file.config : {};
  const entries = Object.entries(typeof config === "object" && config !== null ? config : {});
  // Pulumi hands objects to a program as JSON; here they are what YAML says.
  const raw = entries.filter(([key]) => key === "nitro:authorization").map(([key, value]) => [key, JSON.stringify(value)]);
  return parseSettings(Object.fromEntries(raw), stack).authorization;
}
