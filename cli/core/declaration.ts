/** What a shell offers for a value besides the words that are allowed. */
export type Completion = "files" | "folders" | "stacks";

interface Taken {
  /** One line of help. */
  readonly help: string;
  /** What stands for the value in the usage; the allowed words by default, else the name in capitals. */
  readonly placeholder?: string;
  /** The words that are allowed. */
  readonly words?: readonly string[];
  /**
   * Makes a value of the text; takes the place of the check against `words`, which are then only offered.
   * @param name of the option, such as "--count"; of an argument what it is, else its placeholder
   * @param index of an argument that may be repeated: which one this is, from 0
   * @throws UsageError for a text that is not allowed
   */
  read?(text: string, name: string, index: number): unknown;
  readonly complete?: Completion;
  /** It may be given several times: the value is a list. */
  readonly multiple?: true;
}

/** An option that is given or not. */
export interface Flag {
  readonly type: "boolean";
  /** One letter. */
  readonly short?: string;
  readonly help: string;
  /** Nothing can be done without it. */
  readonly required?: true;
}

/** An option with a value. */
export interface TextOption extends Taken {
  readonly type: "string";
  readonly short?: string;
  /** The text that counts where none is given. */
  readonly default?: string;
}

/** What is written without a name, in the order of the declaration. Only the last may be optional or repeated. */
export interface Argument extends Taken {
  /** Such as "the statement": said to be missing where it is. */
  readonly what?: string;
  readonly optional?: true;
}

/** Arguments that are for another program and are not looked at. */
export interface Rest {
  readonly placeholder: string;
  readonly help: string;
  /** "--": they follow it and have to be there; "arguments": they follow the last argument, options among them. */
  readonly after: "--" | "arguments";
  /** Such as "the command to run". */
  readonly what: string;
}

/** By name, without hyphens. */
export type Options = Readonly<Record<string, Flag | TextOption>>;
export type Arguments = Readonly<Record<string, Argument>>;

/** A line that could be typed, beginning with `nitro`, and what it does. */
export type Example = readonly [line: string, does: string];

/** Everything that a command says of its command line: its usage, its parsing and its completion come from here. */
export interface Declaration {
  readonly arguments?: Arguments;
  readonly options?: Options;
  readonly rest?: Rest;
  /** Paragraphs after the list of options. */
  readonly notes?: string;
  readonly examples?: readonly Example[];
  /** True where the command itself watches `context.signal` and ends soon after it is aborted. */
  readonly stopsCleanly?: boolean;
  /**
   * What happens when nobody reads the output any more (`nitro … | head -1`). end: it only shows something. stop: as Ctrl-C does. By default
   * the command goes on in silence, since it changes something.
   */
  readonly unread?: "end" | "stop";
  /**
   * False where a command about a stack says nothing of whether anybody needs it, or leaves new containers, which tell. All others are noted as
   * its last use.
   */
  readonly marksUse?: false;
}

type Read<T> = T extends { readonly type: "boolean" }
  ? boolean
  : T extends { read(text: string, name: string, index: number): infer V }
    ? V
    : T extends { readonly words: readonly (infer W)[] }
      ? W
      : string;

type ValueOf<T> = T extends { readonly multiple: true }
  ? readonly Read<T>[]
  : T extends { readonly type: "boolean" } | { readonly default: string }
    ? Read<T>
    : Read<T> | undefined;

type WordOf<T> = T extends { readonly multiple: true }
  ? readonly Read<T>[]
  : T extends { readonly optional: true }
    ? Read<T> | undefined
    : Read<T>;

/** What options were given: flags as booleans, lists for those that may be repeated, undefined for what was not given and has no default. */
export type Values<O extends Options> = { readonly [N in keyof O]: ValueOf<O[N]> };

/** A command line that was understood. */
export interface Given<O extends Options, A extends Arguments> {
  readonly values: Values<O>;
  readonly words: { readonly [N in keyof A]: WordOf<A[N]> };
  /** What is for another program. */
  readonly rest: readonly string[];
}

/** The option of every command about a stack, to be resolved by selectStack. The others take it too, and do not say so. */
export const stackOption = {
  stack: {
    type: "string",
    short: "s",
    placeholder: "STACK",
    help: "the stack (default: $NITRO_STACK, else your login name)",
    complete: "stacks",
  },
} as const satisfies Options;

/** The option of every command that scripts may read. */
export const jsonOption = { json: { type: "boolean", help: "JSON, for scripts" } } as const satisfies Options;

/** Answered before a command runs: see wantsHelp. */
export const helpOption = { help: { type: "boolean", short: "h", help: "show this" } } as const satisfies Options;

/** What stands for a value in the usage. */
export function placeholderOf(name: string, { placeholder, words }: Pick<Taken, "placeholder" | "words">): string {
  return placeholder ?? words?.join("|") ?? name.toUpperCase();
}
