import { shown } from "./describe-ledger.ts";
import { ControlError } from "./errors.ts";
import type { ControlRequest } from "./request.ts";
import { tagsOf } from "./tags.ts";

/** POST /ledgers */
export async function createLedger({ registry, region, body }: ControlRequest): Promise<unknown> {
  const { Name: name, PermissionsMode: mode, DeletionProtection: protection = true, Tags: tags = {} } = body;
  if (typeof name !== "string") throw new ControlError("InvalidParameterException", "Name is required");
  const permissionsMode = modeOf(mode);
  const settings = { name, permissionsMode, deletionProtection: flag(protection), tags: tagsOf(tags) };
  const description = await registry.create(settings);
  return shown(registry, region, description);
}

export function modeOf(value: unknown): "ALLOW_ALL" | "STANDARD" {
  if (value === "ALLOW_ALL" || value === "STANDARD") return value;
  throw new ControlError("InvalidParameterException", `PermissionsMode is ${JSON.stringify(value)}: allowed are ALLOW_ALL, STANDARD`);
}

export function flag(value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new ControlError("InvalidParameterException", `DeletionProtection is ${JSON.stringify(value)}: allowed are true, false`);
}
