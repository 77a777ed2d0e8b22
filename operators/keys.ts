import { createPrivateKey } from "node:crypto";
import { UserError } from "../common/errors.ts";
import type { Operator } from "../key-feeder/contract.ts";
import { createSigner, type Signer } from "../key-feeder/payouts/signer.ts";

/** An operator of a stack, with all that is theirs. */
export interface StackOperator extends Operator {
  /** Operators as people count them: 1, 2. */
  readonly number: number;
  /** The raw public key in hex: what signatures name. */
  readonly keyId: string;
  readonly signer: Signer;
}

/** @param operators in the order of their numbers, as the stack's outputs have them */
export function numbered(operators: readonly Operator[]): StackOperator[] {
  return operators.map((operator, index) => {
    const signer = createSigner(operator.privateKey);
    return { ...operator, number: index + 1, keyId: signer.keyId, signer };
  });
}

/**
 * The operator whose key that is.
 * @param pem an ed25519 private key, PKCS#8 PEM
 * @param what it is called in the message, such as a file's name
 * @throws UserError where it is none, or nobody's: what such a key signs is refused, and a worker would send it again for ever
 */
export function operatorOfKey(operators: readonly StackOperator[], pem: string, what: string): StackOperator {
  const signer = strangerOfKey(pem, what);
  const operator = operators.find(({ keyId }) => keyId === signer.keyId);
  if (operator !== undefined) return operator;
  const known = operators.map(({ number, keyId }) => `operator ${number} has ${keyId}`).join(", ");
  throw new UserError(
    `the key in ${what} is no operator's of this stack: its key id is ${signer.keyId}, ${known}`,
    "./nitro operator keys lists them",
  );
}

/** The signer of any ed25519 key. @throws UserError where it is none */
export function strangerOfKey(pem: string, what: string): Signer {
  let type: string | undefined;
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return createSigner(key);
    type = key.asymmetricKeyType;
  } catch {
    type = undefined;
  }
  throw new UserError(
    `${what} holds ${type === undefined ? "no private key" : `a private key of type ${type}`}: needed is an ed25519 key, PKCS#8 PEM`,
  );
}
