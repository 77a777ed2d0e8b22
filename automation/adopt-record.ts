import type { Program } from "./inline-host.ts";
import { project } from "./lock.ts";

/** A resource as the program registers it with pulumi. */
export interface Registration {
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly custom: boolean;
  readonly parent: string | undefined;
  /** JSON; secrets as a state has them in plain text. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Of the provider's plugin. */
  readonly version: string;
  readonly dependencies: readonly string[];
  readonly propertyDependencies: Readonly<Record<string, readonly string[]>>;
  readonly ignoreChanges: readonly string[];
  readonly replaceOnChanges: readonly string[];
  readonly additionalSecretOutputs: readonly string[];
  /** What there is of it; undefined for a component, and for what has to be made. */
  readonly live: LiveResource | undefined;
}

/** What a resource is already. */
export interface LiveResource {
  readonly id: string;
  /** Outputs besides its inputs. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** Names of those outputs that are secret. */
  readonly secrets?: readonly string[];
}

/** Finds what there is of a resource. */
export type FindLive = (type: string, name: string, inputs: Readonly<Record<string, unknown>>) => Promise<LiveResource | undefined>;

/** The parts of Pulumi's own monitor of tests that are used here (@pulumi/pulumi, runtime/mocks.js): it answers the program in place of an engine. */
interface Monitor {
  registerResource(request: Request, callback: (error: Error | null, response?: Response) => void): Promise<void>;
  registerResourceOutputs(request: unknown, callback: (error: Error | null, response: object) => void): void;
}

interface Request {
  getType(): string;
  getName(): string;
  getParent(): string;
  getCustom(): boolean;
  getVersion(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getDependenciesList(): string[];
  getPropertydependenciesMap(): { forEach(visit: (value: { getUrnsList(): string[] }, key: string) => void): void };
  getIgnorechangesList(): string[];
  getReplaceonchangesList(): string[];
  getAdditionalsecretoutputsList(): string[];
}

interface Response {
  getUrn(): string;
}

const stackType = "pulumi:pulumi:Stack";

/**
 * Runs a stack's program as a preview does, with what there is already in place of what an engine would make, and writes down what it registers.
 * Once a process: Pulumi's SDK keeps what it is connected to.
 * @param stack its name
 * @param load loads the program, and Pulumi's SDK with it
 * @param config of the stack, by full key, and which of it is secret
 */
export async function recordProgram(
  stack: string,
  load: () => Promise<Program>,
  config: Readonly<Record<string, { readonly value: string; readonly secret: boolean }>>,
  find: FindLive,
): Promise<Registration[]> {
  const program = await load();
  const { runtime, secret } = await import("@pulumi/pulumi");
  const found = new Map<string, LiveResource>();
  await runtime.setMocks(
    {
      newResource: async ({ type, name, inputs, custom }) => {
        const live = custom === true ? await find(type, name, inputs as Record<string, unknown>) : undefined;
        if (live !== undefined) found.set(`${type} ${name}`, live);
        const outputs = Object.entries(live?.outputs ?? {}).map(([key, value]) => [
          key,
          live?.secrets?.includes(key) ? secret(value) : value,
        ]);
        return { id: live?.id, state: { ...(inputs as Record<string, unknown>), ...Object.fromEntries(outputs) } };
      },
      call: ({ token }) => {
        throw new Error(`unexpected call of ${token}`);
      },
    },
    project,
    stack,
    true,
  );
  runtime.setAllConfig(
    Object.fromEntries(Object.entries(config).map(([key, { value }]) => [key, value])),
    Object.entries(config).flatMap(([key, entry]) => (entry.secret ? [key] : [])),
  );
  const monitor = runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  const registrations: Registration[] = [];
  const urns = new Map<string, string>();
  monitor.registerResource = (request, callback) =>
    register(request, (error, response) => {
      if (response !== undefined) {
        const registration = registered(stack, request, urns, found.get(`${request.getType()} ${request.getName()}`));
        urns.set(response.getUrn(), registration.urn);
        registrations.push(registration);
      }
      callback(error, response);
    });
  monitor.registerResourceOutputs = (_request, callback) => callback(null, {});
  // The outputs come with the next update: a preview knows but some of them.
  await runtime.runInPulumiStack(async () => {
    await program();
    return {};
  });
  await runtime.disconnect();
  return registrations;
}

/** @param urns the real name for each that the monitor has given: it forgets all but the nearest parent */
function registered(stack: string, request: Request, urns: ReadonlyMap<string, string>, live: LiveResource | undefined): Registration {
  const real = (urn: string) => urns.get(urn) ?? urn;
  const parent = request.getParent() === "" ? undefined : real(request.getParent());
  const [type, name] = [request.getType(), request.getName()];
  const propertyDependencies: Record<string, string[]> = {};
  request.getPropertydependenciesMap().forEach((value, key) => {
    propertyDependencies[key] = value.getUrnsList().map(real);
  });
  return {
    urn: urnOf(stack, parent, type, name),
    ...{ type, name, parent, live, custom: request.getCustom(), version: request.getVersion() },
    inputs: stateValue(request.getObject()?.toJavaScript() ?? {}) as Record<string, unknown>,
    dependencies: request.getDependenciesList().map(real),
    propertyDependencies,
    ignoreChanges: request.getIgnorechangesList(),
    replaceOnChanges: request.getReplaceonchangesList(),
    additionalSecretOutputs: request.getAdditionalsecretoutputsList(),
  };
}

/** As Pulumi's engine names it: with the types of all parents but the stack. */
export function urnOf(stack: string, parent: string | undefined, type: string, name: string): string {
  const outer = parent?.split("::")[2];
  return `urn:pulumi:${stack}::${project}::${outer === undefined || outer === stackType ? type : `${outer}$${type}`}::${name}`;
}

const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value as a state holds it: secrets in plain text, which `pulumi stack import` encrypts; nothing in place of what is not known. Pure. */
export function stateValue(value: unknown): unknown {
  if (value === unknown) return undefined;
  if (Array.isArray(value)) return value.map(stateValue);
  if (typeof value !== "object" || value === null) return value;
  const has = value as Readonly<Record<string, unknown>>;
  if (has[signature] === secretSignature) return secretValue(stateValue(has.value));
  return Object.fromEntries(
    Object.entries(has).flatMap(([key, each]) => {
      const kept = stateValue(each);
      return kept === undefined || kept === null ? [] : [[key, kept]];
    }),
  );
}

/** A secret of a state in plain text. */
export function secretValue(value: unknown): Record<string, string> {
  return { [signature]: secretSignature, plaintext: JSON.stringify(value) };
}
