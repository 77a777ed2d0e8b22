import type { LedgerDescription } from "../description.ts";
import { ControlError } from "./errors.ts";
import type { Registry } from "./registry.ts";
import type { ControlRequest } from "./request.ts";

/** GET /ledgers/{name} */
export function describeLedger({ registry, region, path: [name = ""] }: ControlRequest): unknown {
  const description = known(registry, name);
  return {
    ...shown(registry, region, description),
    EncryptionDescription: { KmsKeyArn: "AWS_OWNED_KMS_KEY", EncryptionStatus: "ENABLED" },
  };
}

/** @throws ControlError ResourceNotFoundException */
export function known(registry: Registry, name: string): LedgerDescription {
  const description = registry.describe(name);
  if (description === undefined) throw new ControlError("ResourceNotFoundException", `Ledger with name ${name} does not exist`);
  return description;
}

/** A ledger as create, describe and update answer it; times in seconds since 1970. */
export function shown(registry: Registry, region: string, { name, created, permissionsMode, deletionProtection }: LedgerDescription) {
  return {
    Name: name,
    Arn: registry.arn(name, region),
    State: "ACTIVE",
    CreationDateTime: created / 1000,
    PermissionsMode: permissionsMode,
    DeletionProtection: deletionProtection,
  };
}
