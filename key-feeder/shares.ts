import { combine, split } from "shamir-secret-sharing";
import { neededShares } from "./contract.ts";

/**
 * Splits a text into shares, in the format of HashiCorp Vault: byte-wise over GF(2^8) modulo x^8+x^4+x^3+x+1, the last byte of a share
 * is its x coordinate (https://github.com/hashicorp/vault/blob/main/shamir/shamir.go).
 * @returns base64 text of each share
 */
export async function splitSecret(secret: string): Promise<string[]> {
  const shares = await split(new Uint8Array(Buffer.from(secret, "utf8")), neededShares, neededShares);
  return shares.map((share) => Buffer.from(share).toString("base64"));
}

/** Puts shares together again. @param shares base64 texts of at least two different shares of the same secret */
export async function combineShares(shares: readonly string[]): Promise<string> {
  return Buffer.from(await combine(shares.map((share) => new Uint8Array(Buffer.from(share, "base64"))))).toString("utf8");
}
