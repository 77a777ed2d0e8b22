import type { ControlRequest } from "./request.ts";

/** DELETE /ledgers/{name} */
export async function deleteLedger({ registry, path: [name = ""] }: ControlRequest): Promise<void> {
  await registry.delete(name);
}
