import { dot } from "../digest/dot.ts";
import { merkleRoot } from "../digest/merkle.ts";
import { type BinaryWalker, codes } from "../ion/binary-walker.ts";
import { ionHash } from "../ion/hash.ts";
import { field, type IonValue, textField } from "../ion/value.ts";
import { differs, hashBytes, itemsOf } from "./proof.ts";
import { fieldPlaces, hashAt, placesOf, type SentIon, type SentRevision, textAt } from "./sent-revision.ts";

/** What a block has to follow. */
export interface Expected {
  readonly strandId: string;
  readonly sequenceNo: number;
  /** No bytes for the first block. */
  readonly previousBlockHash: Buffer;
}

/** A revision in a block, and the table that its document is of. */
export interface BlockRevision extends SentRevision {
  readonly tableId: string;
}

/** A block that holds together. */
export interface SoundBlock {
  readonly blockHash: Buffer;
  readonly revisions: readonly BlockRevision[];
}

type Places = ReadonlyMap<string, number>;

/**
 * Checks a block as a ledger has sent it: its place, its link to the block before, and every hash that can be computed from its content.
 * Revisions of the ledger's own may be shown by their hash alone, which is taken as it is.
 * @param at where it begins
 * @returns the block, or what is wrong
 */
export function soundBlock(ion: SentIon, walker: BinaryWalker, at: number, expected: Expected): SoundBlock | { readonly problem: string } {
  const places = fieldPlaces(walker, at);
  const valueIn = (name: string): IonValue | undefined => {
    const place = places.get(name);
    return place === undefined ? undefined : ion.value(walker, place);
  };
  const misplaced = placeProblem(valueIn("blockAddress"), expected);
  if (misplaced !== undefined) return { problem: misplaced };
  const [blockHash = nothing, entriesHash = nothing, previous = nothing] = ["blockHash", "entriesHash", "previousBlockHash"].map((name) =>
    hashAt(walker, places.get(name)),
  );
  if (!previous.equals(expected.previousBlockHash))
    return { problem: differs("its previousBlockHash", previous, "the block before has", expected.previousBlockHash) };
  const hashes = itemsOf(valueIn("entriesHashList")).map(hashBytes);
  if (!merkleRoot(hashes).equals(entriesHash)) return { problem: "its entriesHash is not that of its entriesHashList" };
  const revisions = revisionsOf(ion, walker, places);
  const shown = [...infoHashes(ion, walker, places), ...redactionsHash(valueIn("redactions")), ...revisionsHash(revisions)];
  const problem =
    forgedProblem(revisions) ??
    entriesProblem(shown, hashes) ??
    (dot(entriesHash, previous).equals(blockHash) ? undefined : "its blockHash is not that of its entries");
  return problem === undefined ? { blockHash, revisions } : { problem };
}

const nothing = Buffer.alloc(0);

function placeProblem(address: IonValue | undefined, expected: Expected): string | undefined {
  const sequenceNo = field(address, "sequenceNo");
  const [strand, number] = [textField(address, "strandId"), sequenceNo?.type === "int" ? Number(sequenceNo.value) : undefined];
  if (strand === expected.strandId && number === expected.sequenceNo) return undefined;
  return `it is missing, block ${number ?? "?"}${strand === expected.strandId ? "" : ` of strand ${strand ?? "?"}`} is in its place`;
}

/** Something that a block shows, and its hash. */
interface Entry {
  readonly name: string;
  readonly hash: Buffer;
}

function infoHashes(ion: SentIon, walker: BinaryWalker, places: Places): Entry[] {
  return ["transactionInfo", "redactionInfo"].flatMap((name) => {
    const place = places.get(name);
    return place === undefined ? [] : [{ name, hash: ion.hash(walker, place) }];
  });
}

/** Blocks of before have a list in the place of redactionInfo. */
function redactionsHash(redactions: IonValue | undefined): Entry[] {
  return redactions === undefined ? [] : [{ name: "redactions", hash: merkleRoot(itemsOf(redactions).map(ionHash)) }];
}

function revisionsHash(revisions: readonly BlockRevision[]): Entry[] {
  return revisions.length === 0 ? [] : [{ name: "revisions", hash: merkleRoot(revisions.map(({ hash }) => hash)) }];
}

/** What a block shows has to be in its list of hashes, and nothing else. */
function entriesProblem(shown: readonly Entry[], hashes: readonly Buffer[]): string | undefined {
  const has = (wanted: Buffer, all: readonly Buffer[]) => all.some((each) => each.equals(wanted));
  const missing = shown.find(({ hash }) => !has(hash, hashes));
  if (missing !== undefined) return `the hash of its ${missing.name} is not in its entriesHashList`;
  const all = shown.map(({ hash }) => hash);
  return hashes.every((hash) => has(hash, all)) ? undefined : "its entriesHashList has the hash of something that it does not show";
}

function forgedProblem(revisions: readonly BlockRevision[]): string | undefined {
  const forged = revisions.find(({ problem }) => problem !== undefined);
  return forged && `revision of document ${forged.documentId || "?"}: ${forged.problem}`;
}

function revisionsOf(ion: SentIon, walker: BinaryWalker, places: Places): BlockRevision[] {
  const found: BlockRevision[] = [];
  const place = places.get("revisions");
  if (place === undefined) return found;
  const tableOf = tablesOf(walker, places.get("transactionInfo"));
  const [blockAddress, transactionId, blockTimestamp] = ["blockAddress", "transactionId", "blockTimestamp"].map((name) => places.get(name));
  const marks = { blockAddress, transactionId, blockTimestamp };
  walker.look(place, walker.bytes.length);
  if (walker.code !== codes.list || walker.isNull) return found;
  walker.items(walker.start, walker.end, (item) => {
    const revision = ion.revision(walker, item, marks);
    found.push({ ...revision, tableId: tableOf(revision.documentId) });
  });
  return found;
}

/** Which table each document of a transaction is of. */
function tablesOf(walker: BinaryWalker, info: number | undefined): (documentId: string) => string {
  const documents = info === undefined ? undefined : placesOf(walker, info, ["documents"])[0];
  const owners = documents === undefined ? new Map<string, number>() : fieldPlaces(walker, documents);
  return (documentId) => {
    const owner = owners.get(documentId);
    return owner === undefined ? "" : textAt(walker, placesOf(walker, owner, ["tableId"])[0]);
  };
}
