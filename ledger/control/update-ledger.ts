import { flag, modeOf } from "./create-ledger.ts";
import { known, shown } from "./describe-ledger.ts";
import type { ControlRequest } from "./request.ts";

/** PATCH /ledgers/{name} */
export async function updateLedger({ registry, region, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const { DeletionProtection: protection } = body;
  const description =
    protection === undefined ? known(registry, name) : await registry.update(name, { deletionProtection: flag(protection) });
  const { PermissionsMode: _mode, ...answer } = shown(registry, region, description);
  return { ...answer, EncryptionDescription: { KmsKeyArn: "AWS_OWNED_KMS_KEY", EncryptionStatus: "ENABLED" } };
}

/** PATCH /ledgers/{name}/permissions-mode */
export async function updatePermissionsMode({ registry, region, path: [name = ""], body }: ControlRequest): Promise<unknown> {
  const permissionsMode = modeOf(body.PermissionsMode);
  await registry.update(name, { permissionsMode });
  return { Name: name, Arn: registry.arn(name, region), PermissionsMode: permissionsMode };
}
