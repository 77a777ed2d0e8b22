/**
 * What a stack, the payments executable and the operators' tools agree on, once: names of objects, streams, keys and environment variables.
 * Imports nothing, so that everything may import it. Go's side of it is sample/internal/contract; test/key-feeder/contract.test.ts compares them.
 */

/** The operators' shares of the vault's identity: so many there are, and so many it takes. */
export const neededShares = 2;

/** The operators. The service wants public keys of just these names. */
export const operatorNames = ["test-operator", "test-operator2"] as const;

/** Where the executable looks for the operators' public keys, below its working directory: `<operator>.pub`. */
export const publicKeysFolder = "payment-test/secrets";

/** PCR2 of a mocked enclave in hex, 48 bytes: the service looks for shares below it. */
export const pcr2 = "abc2".repeat(24);

/** What the keys of all objects begin with that the service takes for a share. */
export const sharePrefix = `${pcr2}/operator-share`;

/** What the keys begin with under which the key-feeder keeps what others have put where it would be in the way. */
export const asidePrefix = "set-aside/";

/** The object that holds an operator's share. */
export function shareObject(operator: string): string {
  return `${sharePrefix}_${operator}.json`;
}

/** The metadata of objects that the key-feeder put, and nobody else. */
export const feederMark = { name: "put-by", value: "key-feeder" } as const;

/** How a stack is unsealed: by the key-feeder, or by operators. */
export const bootstrapModes = ["auto", "manual"] as const;
export type BootstrapMode = (typeof bootstrapModes)[number];

/** The object, beside the shares, whose content is the mode that counts in place of the declared one for as long as it is there. */
export const bootstrapObject = "nitro-bootstrap";

/** What the service logs once for each key of its secrets, after the key, as soon as it has them. */
export const unsealedWords = " is loaded in secrets!";

/** What a sealed service answers, with 400, to calls that need its secrets. */
export const sealedWords = "secrets are not yet loaded";

/** The calls that travel over streams, all of them POST. */
export const paths = { prepare: "/v1/payments/prepare", submit: "/v1/payments/submit" } as const;

/** The calls of key ceremonies: POST too, signed by an operator, and sent to the service itself. */
export const ceremonyPaths = {
  createVault: "/v1/payments/vault/create",
  verifyVault: "/v1/payments/vault/verify",
  generateAddress: "/v1/payments/generatesol",
  approveAddress: "/v1/payments/approvesol",
} as const;

/** The streams of orders to the worker. */
export const prepareConfigStream = "prepare-config";
export const submitConfigStream = "submit-config";

/** The one field of a stream's entries: JSON. */
export const dataField = "data";

export function prepareStream(payoutId: string): string {
  return `prepare-${payoutId}`;
}

export function submitStream(payoutId: string): string {
  return `submit-${payoutId}`;
}

/** Where the worker puts the answers to what it reads from a stream. */
export function responseStream(stream: string): string {
  return `${stream}-response`;
}

/** The set of payouts that a person authorizes. */
export const manualKey = "nitro:manual";

/** The set of payouts that the key-feeder remembers. */
export const payoutsKey = "nitro:payouts";

/** The hash in which the key-feeder remembers a payout. */
export function payoutKey(payoutId: string): string {
  return `nitro:payout:${payoutId}`;
}

/** The set of documents of a payout that were authorized or left alone. */
export function documentsKey(payoutId: string): string {
  return `${payoutKey(payoutId)}:documents`;
}

/** The hash of a payout's payments that the first operator has authorized and the second not yet: payment → documentId. */
export function firstKey(payoutId: string): string {
  return `${payoutKey(payoutId)}:first`;
}

/** The hash that says how far a report was put on its stream: what of it, and whether the worker was told. */
export function prepareKey(payoutId: string): string {
  return `nitro:prepare:${payoutId}`;
}

/** What the executable reads from its environment besides AWS's own variables. */
export const variables = {
  mocking: "NITRO_ENCLAVE_MOCKING",
  address: "ADDR",
  environment: "ENVIRONMENT",
  ledgerName: "QLDB_LEDGER_NAME",
  ledgerArn: "QLDB_LEDGER_ARN",
  ledgerRole: "QLDB_ROLE_ARN",
  configBucket: "ENCLAVE_CONFIG_BUCKET_NAME",
  configObject: "ENCLAVE_CONFIG_OBJECT_NAME",
  sharesBucket: "ENCLAVE_OPERATOR_SHARES_BUCKET_NAME",
  solanaAddress: "ENCLAVE_SOLANA_ADDRESS_NAME",
  custodians: "PAYMENT_CUSTODIANS",
  apiBase: "NITRO_API_BASE",
  redisAddress: "REDIS_ADDR",
  redisUser: "REDIS_USER",
  redisPassword: "REDIS_PASS",
  /** "1" where Redis speaks TLS alone. */
  redisTls: "REDIS_TLS",
} as const;

/** What the key-feeder reads besides. */
export const feederVariables = {
  stack: "NITRO_STACK",
  keysDir: "KEYS_DIR",
  publicDir: "PUBLIC_DIR",
  healthFile: "HEALTH_FILE",
  bootstrap: "BOOTSTRAP",
  authorization: "AUTHORIZATION",
  custodians: "AUTHORIZATION_CUSTODIANS",
  serviceHost: "SERVICE_HOST",
  secrets: "NITRO_SECRETS",
  /** The operators' own keys: JSON, a list of PKCS#8 PEM. */
  operatorKeys: "NITRO_OPERATOR_KEYS",
  /** The folder that the stack's servers have their certificate from. */
  tlsDir: "TLS_DIR",
  /** Addresses and names that they are asked by, with commas. */
  tlsHosts: "TLS_HOSTS",
} as const;

/** What operators need to work by hand: JSON, in the root folder of the volume that the key-feeder keeps keys in. */
export const operatorsFile = "operators.json";

/** An operator with all that is theirs. */
export interface Operator {
  readonly name: string;
  /** PKCS#8 PEM of an ed25519 key. */
  readonly privateKey: string;
  /** One line: `ssh-ed25519 AAAA… name`. */
  readonly publicKey: string;
  /** Base64 text of this operator's share of the vault's identity. */
  readonly share: string;
}

/** Where the stack's servers have the folder of their certificate; in images that may be the first to mount it, one of the containers' user. */
export const certificatesFolder = "/tls";

/** In the folder of the stack's servers: their certificate and its key, PEM. */
export const serverFile = "server.pem";

/** The certificate of the stack's authority, PEM: beside that file, and among the operators' public keys. */
export const authorityFile = "ca.pem";

export interface OperatorsFile {
  /** The certificate of the stack's authority, PEM. Key-feeders of older versions have none. */
  readonly authority?: string;
  /** The vault's public key, `age1…`. */
  readonly vault: string;
  readonly operators: readonly Operator[];
}

/** Exists in the key-feeder's container as long as everything that was fed is there. */
export const healthFile = "/tmp/healthy";
