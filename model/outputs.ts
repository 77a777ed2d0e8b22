import type { Operator } from "../key-feeder/contract.ts";
import type { MadeBy } from "./layout.ts";
import type { PublishedRole } from "./names.ts";

/** An executable as a running container has it. */
export interface Executable {
  /** SHA-256 of the file, in hex. */
  readonly sha256: string;
  /** Where it is inside the container. */
  readonly path: string;
}

/** What a stack tells its users: the outputs of `pulumi stack output`, and what tests read through `testing/`. */
export interface StackOutputs {
  readonly serviceUrl: string;
  /** What clients of the service sign as its host, and where they reach it inside the stack's network. */
  readonly serviceHost: string;
  /** Secret: holds the stack's Redis password. */
  readonly redisUrl: string;
  /** Secret: what the stack's own AWS, LocalStack, is asked with. Any would do. */
  readonly aws: { readonly region: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  readonly localstackUrl: string;
  /** The same port, by https; undefined where LocalStack runs in an image of your own. */
  readonly localstackHttpsUrl?: string;
  /** Undefined in ledger mode `aws`, where the SDK's own endpoint applies. */
  readonly ledgerEndpoint?: string;
  /** The same port, by https. */
  readonly ledgerHttpsEndpoint?: string;
  readonly ledgerName: string;
  readonly ledgerArn: string;
  readonly qldbRoleArn: string;
  readonly buckets: { readonly config: string; readonly shares: string };
  /** Secret: the operators, in their order, with their keys and shares. Empty before the first up that tells them. */
  readonly operators: readonly Operator[];
  /** The public key of the vault that their shares open, `age1…`. */
  readonly vaultPublicKey: string;
  /** The certificate of the stack's authority, PEM: what clients of these https addresses have to trust. */
  readonly caCertificate?: string;
  /** What payments have where nobody says otherwise: the settings `nitro:payout`. */
  readonly payout: { readonly custodian: string; readonly currency: string; readonly from: string };
  /** Who authorizes payouts: the settings `nitro:authorization`. */
  readonly authorization: { readonly mode: "auto" | "manual"; readonly custodians: readonly string[] };
  /** The program that brought it to this state. */
  readonly madeBy: MadeBy;
  readonly network: string;
  readonly ports: Readonly<Record<PublishedRole, number>>;
  readonly service: Executable;
  readonly worker: Executable;
}

const known: Readonly<Record<keyof StackOutputs, true>> = {
  serviceUrl: true,
  serviceHost: true,
  redisUrl: true,
  aws: true,
  localstackUrl: true,
  localstackHttpsUrl: true,
  ledgerEndpoint: true,
  ledgerHttpsEndpoint: true,
  ledgerName: true,
  ledgerArn: true,
  qldbRoleArn: true,
  buckets: true,
  operators: true,
  vaultPublicKey: true,
  caCertificate: true,
  payout: true,
  authorization: true,
  madeBy: true,
  network: true,
  ports: true,
  service: true,
  worker: true,
};

/** The names that a stack of this version has, for shells to offer. */
export const outputNames: readonly string[] = Object.keys(known);
