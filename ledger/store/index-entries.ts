/** The documents of one index by key. Most keys have one document: that one needs no set. */
export class Index {
  private readonly entries = new Map<string, string | Set<string>>();

  /** @returns the ids of the documents with a key, as they are now */
  lookup(key: string): readonly string[] {
    const found = this.entries.get(key);
    if (found === undefined) return [];
    return typeof found === "string" ? [found] : [...found];
  }

  add(key: string, id: string): void {
    const found = this.entries.get(key);
    if (found === undefined) this.entries.set(key, id);
    else if (typeof found !== "string") found.add(id);
    else if (found !== id) this.entries.set(key, new Set([found, id]));
  }

  remove(key: string, id: string): void {
    const found = this.entries.get(key);
    if (typeof found === "string") {
      if (found === id) this.entries.delete(key);
    } else if (found?.delete(id) === true && found.size === 0) this.entries.delete(key);
  }
}
