import { noSuchVariable, type Position } from "./errors.ts";

/** A name's meaning: a slot, or a field of the slot's value. */
export interface Binding {
  readonly slot: number;
  readonly field?: string;
}

/** Names that an expression sees: those of its own FROM, then those around it. */
export class Scope {
  readonly parent: Scope | undefined;
  private readonly names = new Map<string, number>();
  /** Slots of the sources of this FROM. */
  private readonly sources: number[] = [];

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  bind(name: string, slot: number): void {
    this.names.set(name, slot);
  }

  addSource(slot: number): void {
    this.sources.push(slot);
  }

  /** Every slot that a name of this scope or those around it stands for. */
  allSlots(): number[] {
    return [...this.names.values(), ...this.sources, ...(this.parent?.allSlots() ?? [])];
  }

  variable(name: string): number | undefined {
    return this.names.get(name) ?? this.parent?.variable(name);
  }

  /**
   * A variable; else a field of the only source of the nearest FROM.
   * @throws LedgerError "No such variable" where there are several sources, or none
   */
  resolve(name: string, at: Position): Binding {
    const variable = this.variable(name);
    if (variable !== undefined) return { slot: variable };
    const slot = this.onlySource();
    if (slot === undefined) throw noSuchVariable(at, name);
    return { slot, field: name };
  }

  private onlySource(): number | undefined {
    if (this.sources.length === 0) return this.parent?.onlySource();
    return this.sources.length === 1 ? this.sources[0] : undefined;
  }
}
