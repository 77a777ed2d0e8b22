import { UserError } from "../common/errors.ts";
import { ceremonyPaths } from "../key-feeder/contract.ts";
import { askService, type SignedCaller } from "./service-api.ts";

/** A key that is there in shares only. */
export interface Vault {
  /** age1… */
  readonly publicKey: string;
  /** So many shares make the key. */
  readonly threshold: number;
  /** The operators' public keys, as the service had them. */
  readonly operatorKeys: readonly string[];
  /** Only of a vault that was just made: each operator's share, an age file encrypted to that operator's key. */
  readonly shares: readonly { readonly name: string; readonly material: Buffer }[];
}

/** An address on a chain, as the ledger has it. */
export interface ChainAddress {
  readonly publicKey: string;
  /** Key id of the operator who had it made. */
  readonly creator: string;
  /** Key ids of the operators who approved it. */
  readonly approvals: readonly string[];
}

/** Has the service make a vault. The same signed request again gives the same vault. @throws as askService does */
export async function createVault(caller: SignedCaller, threshold: number): Promise<Vault> {
  return vaultIn(await askService(caller, ceremonyPaths.createVault, { threshold }));
}

/** Has the service look whether its ledger has that vault, for today's operators. @throws as askService does */
export async function verifyVault(caller: SignedCaller, vault: Pick<Vault, "publicKey" | "threshold">): Promise<Vault> {
  const { publicKey, threshold } = vault;
  return vaultIn(await askService(caller, ceremonyPaths.verifyVault, { threshold, publicKey }));
}

/** Has the service make an address; the service has to be unsealed. @throws as askService does */
export async function generateAddress(caller: SignedCaller): Promise<ChainAddress> {
  return addressIn(await askService(caller, ceremonyPaths.generateAddress, {}));
}

/** Approves an address as the operator who signs. @throws as askService does */
export async function approveAddress(caller: SignedCaller, address: string): Promise<ChainAddress> {
  return addressIn(await askService(caller, ceremonyPaths.approveAddress, { address }));
}

/** Programs give the vault as it is, or as `signingData`: base64 of its JSON, beside a signature of their own over it. */
function vaultIn(data: Readonly<Record<string, unknown>>): Vault {
  const { signingData } = data;
  const vault: Readonly<Record<string, unknown>> =
    typeof signingData === "string" ? JSON.parse(Buffer.from(signingData, "base64").toString("utf8")) : data;
  const { publicKey, threshold, operatorKeys, shares } = vault;
  if (typeof publicKey !== "string") throw new UserError(`the service's answer names no vault: ${JSON.stringify(data)}`);
  const each = Array.isArray(shares) ? shares : [];
  return {
    publicKey,
    threshold: Number(threshold),
    operatorKeys: texts(operatorKeys),
    shares: each.map(({ name, material }) => ({ name: String(name).trim(), material: Buffer.from(String(material), "base64") })),
  };
}

function addressIn({ publicKey, creator, approvals }: Readonly<Record<string, unknown>>): ChainAddress {
  if (typeof publicKey !== "string") throw new UserError("the service's answer names no address");
  return { publicKey, creator: String(creator ?? ""), approvals: texts(approvals) };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
