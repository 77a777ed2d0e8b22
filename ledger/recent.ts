/** Most texts that are kept, and most characters of all together: what is kept for a text may be a hundred times as large as it. */
const mostTexts = 1000;
const mostCharacters = 256 << 10;
/** A longer text pushes out too many others. */
const longest = mostCharacters / 16;

/** What was made of the texts that were asked for last: programs send the same few statements over and over. */
export class Recent<T> {
  private readonly made = new Map<string, T>();
  private readonly make: (text: string) => T;
  private characters = 0;

  /** @param make what is kept; what it throws is not */
  constructor(make: (text: string) => T) {
    this.make = make;
  }

  get(text: string): T {
    return this.known(text) ?? this.keep(text, this.make(text));
  }

  /** What was made of a text before, where it is still kept. */
  known(text: string): T | undefined {
    return this.made.get(text);
  }

  /** Keeps what was made of a text, unless it is too long. @returns it */
  keep(text: string, made: T): T {
    if (text.length > longest) return made;
    this.made.set(text, made);
    this.characters += text.length;
    for (const oldest of this.made.keys()) {
      if (this.made.size <= mostTexts && this.characters <= mostCharacters) break;
      this.made.delete(oldest);
      this.characters -= oldest.length;
    }
    return made;
  }
}
