import type { CommandTable } from "../core/command.ts";

const shareCommands = {
  put: {
    summary: "Put an operator's share where the service looks; with the last one it is unsealed",
    load: () => import("./share-put.ts"),
  },
  rm: {
    summary: "Take an operator's share away",
    load: () => import("./share-rm.ts"),
  },
  ls: {
    summary: "The shares that the service finds, and whose they are",
    load: () => import("./share-ls.ts"),
  },
} as const satisfies CommandTable;

const vaultCommands = {
  create: {
    summary: "Have the service make a vault: a key of which operators hold shares",
    load: () => import("./vault-create.ts"),
  },
  verify: {
    summary: "Have the service compare a vault with its ledger",
    load: () => import("./vault-verify.ts"),
  },
} as const satisfies CommandTable;

/** What operators do by hand. */
export const operatorCommands = {
  env: {
    summary: "Print what the operators' own tools need, and write their keys and shares to files",
    load: () => import("./operator-env.ts"),
  },
  keys: {
    summary: "The operators' public keys, and the key ids that signatures name",
    load: () => import("./operator-keys.ts"),
  },
  share: {
    summary: "The operators' shares of the stack's vault",
    commands: shareCommands,
  },
  vault: {
    summary: "Vaults, through the service's signed API",
    commands: vaultCommands,
  },
  authorize: {
    summary: "Authorize a payout's prepared payments as one operator, or as both in turn",
    load: () => import("./operator-authorize.ts"),
  },
  approve: {
    summary: "Approve an address on a chain as an operator",
    load: () => import("./operator-approve.ts"),
  },
} as const satisfies CommandTable;
