/** Stands for a value that is secret. Pulumi's own JSON says it so too. */
export const secret = "[secret]";

/** Stands for a value that is not known before an update: Pulumi's own mark (sdk/nodejs/runtime/rpc.ts, unknownValue). */
export const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export const containerType = "docker:index/container:Container";

/** What a swarm runs in place of a container. */
export const swarmServiceType = "docker:index/service:Service";

type Values = Readonly<Record<string, unknown>>;

/** Pulumi's engine hands values to policies behind a proxy that throws where one is not known yet (@pulumi/policy, proxy.ts). */
function read(values: Values, name: string): unknown {
  try {
    return values[name];
  } catch (error) {
    if (error instanceof Error && error.constructor.name === "UnknownValueError") return unknown;
    throw error;
  }
}

/** @returns a text; undefined where there is none, or where it is not known yet */
export function textValue(values: Values, name: string): string | undefined {
  const value = read(values, name);
  return typeof value === "string" && value !== unknown ? value : undefined;
}

export function numberValue(values: Values, name: string): number | undefined {
  const value = read(values, name);
  return typeof value === "number" ? value : undefined;
}

/** False too where it is not known. */
export function flagValue(values: Values, name: string): boolean {
  return read(values, name) === true;
}

export function isUnknown(values: Values, name: string): boolean {
  return read(values, name) === unknown;
}

/** @returns the texts of a list, without what is not known */
export function texts(values: Values, name: string): string[] {
  return items(values, name).filter((item) => typeof item === "string" && item !== unknown) as string[];
}

/** @returns the objects of a list */
export function records(values: Values, name: string): Values[] {
  return items(values, name).filter(isRecord);
}

export function record(values: Values, name: string): Values {
  const value = read(values, name);
  return isRecord(value) ? value : {};
}

function items(values: Values, name: string): unknown[] {
  const value = read(values, name);
  return Array.isArray(value) ? value.map((_, index) => read(value as unknown as Values, String(index))) : [];
}

export function isRecord(value: unknown): value is Values {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @returns every text inside a value, with the path to it, such as `uploads[0].content` */
export function allTexts(values: Values, path = ""): { readonly path: string; readonly text: string }[] {
  const below = (name: string, at: string) => {
    const value = read(values, name);
    if (typeof value === "string") return value === unknown || value === secret ? [] : [{ path: at, text: value }];
    return typeof value === "object" && value !== null ? allTexts(value as Values, at) : [];
  };
  if (Array.isArray(values)) return values.flatMap((_, index) => below(String(index), `${path}[${index}]`));
  return Object.keys(values).flatMap((name) => below(name, path === "" ? name : `${path}.${name}`));
}
