import { type IonNode, ionField } from "./ion-reader.ts";
import { ionWords } from "./ion-words.ts";

/** Something that differs between two values. */
export interface DocumentDifference {
  /** Such as "owner.name" or "items[2]"; "" for the whole. */
  readonly path: string;
  /** Ion text; undefined where it was not there. */
  readonly before: string | undefined;
  /** Undefined where it is there no more. */
  readonly after: string | undefined;
}

/**
 * What is not the same in two revisions of a document, down to single fields and items.
 * @param before undefined where there was none, or it was deleted
 */
export function differencesOf(before: IonNode | undefined, after: IonNode | undefined, path = ""): readonly DocumentDifference[] {
  const [old, now] = [before, after].map((node) => (node === undefined ? undefined : ionWords(node)));
  if (old === now) return [];
  const [fieldsBefore, fieldsAfter] = [before, after].map(fieldNames);
  if ((fieldsBefore ?? fieldsAfter) !== undefined && isAbsent(before, fieldsBefore) && isAbsent(after, fieldsAfter)) {
    const names = new Set([...(fieldsBefore ?? []), ...(fieldsAfter ?? [])]);
    const inside = [...names].flatMap((name) =>
      differencesOf(ionField(before, name), ionField(after, name), path === "" ? name : `${path}.${name}`),
    );
    // Two structs may differ in annotations or in the order of their fields alone.
    if (inside.length > 0) return inside;
  }
  if (before?.type === "list" && after?.type === "list" && before.annotations.length + after.annotations.length === 0) {
    const length = Math.max(before.items.length, after.items.length);
    return Array.from({ length }, (_, index) => differencesOf(before.items[index], after.items[index], `${path}[${index}]`)).flat();
  }
  return [{ path, before: old, after: now }];
}

/** It is not there at all, or has names that can be compared. */
function isAbsent(node: IonNode | undefined, names: readonly string[] | undefined): boolean {
  return node === undefined || names !== undefined;
}

/** Of a struct without annotations in which no name repeats or is missing. */
function fieldNames(node: IonNode | undefined): readonly string[] | undefined {
  if (node?.type !== "struct" || node.annotations.length > 0) return undefined;
  const names = node.fields.flatMap(({ name }) => name ?? []);
  return new Set(names).size === node.fields.length ? names : undefined;
}
