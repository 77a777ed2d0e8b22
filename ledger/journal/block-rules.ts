/**
 * How blocks are written and hashed.
 * 1: the hash of a deletion is its metadata's alone; redactions are a list, of which the Merkle root is hashed.
 * 2: as QLDB does it, and AWS's verifiers: a deletion's data are nothing, which has a hash, too; a block that erases has `redactionInfo`, one
 * without revisions has no list of them.
 * Source: `JournalBlock` and `QldbRevision` of https://github.com/aws-samples/amazon-qldb-dmv-sample-java
 */
export type BlockRules = 1 | 2;

/** By which every new block is made. */
export const presentRules: BlockRules = 2;
