import { noSuchVariable, type Position } from "./errors.ts";

/** A name's meaning: a slot, or a field of the slot's value. */
export interface Binding {
  readonly slot: number;
  readonly field?: string;
}

/** A source of rows as names see it. */
export interface NamedSource {
  readonly slot: number;
  /** Its table's name where an alias hides it: it is no field that could be meant. */
  readonly hidden?: string | undefined;
  /** Every field that its rows can have, where that is known. */
  readonly fields?: ReadonlySet<string> | undefined;
}

/** Names that an expression sees: those of its own FROM, then those around it. */
export class Scope {
  readonly parent: Scope | undefined;
  private readonly names = new Map<string, number>();
  private readonly sources: NamedSource[] = [];

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  bind(name: string, slot: number): void {
    this.names.set(name, slot);
  }

  addSource(source: NamedSource): void {
    this.sources.push(source);
  }

  /** Every slot that a name of this scope or those around it stands for. */
  allSlots(): number[] {
    return [...this.names.values(), ...this.sources.map(({ slot }) => slot), ...(this.parent?.allSlots() ?? [])];
  }

  variable(name: string): number | undefined {
    return this.names.get(name) ?? this.parent?.variable(name);
  }

  /**
   * A variable; else a field of the only source of the nearest FROM.
   * @throws LedgerError "No such variable" where there are several sources, or none, or the only one cannot have such a field
   */
  resolve(name: string, at: Position): Binding {
    const variable = this.variable(name);
    if (variable !== undefined) return { slot: variable };
    const source = this.onlySource();
    if (source === undefined || source.fields?.has(name) === false || this.hides(name)) throw noSuchVariable(at, name);
    return { slot: source.slot, field: name };
  }

  private hides(name: string): boolean {
    return this.sources.some(({ hidden }) => hidden === name) || this.parent?.hides(name) === true;
  }

  private onlySource(): NamedSource | undefined {
    if (this.sources.length === 0) return this.parent?.onlySource();
    return this.sources.length === 1 ? this.sources[0] : undefined;
  }
}
