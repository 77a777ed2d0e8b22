import { keysFolder } from "../components/key-feeder.ts";
import { secretsPath } from "../components/secrets.ts";
import { readEntry } from "../docker/archive.ts";
import type { Engine } from "../docker/engine.ts";
import { variables } from "../key-feeder/contract.ts";
import type { StackNames } from "../model/names.ts";
import { isOf } from "../model/parts.ts";
import type { FindLive, LiveResource } from "./adopt-record.ts";
import { dockerTypes } from "./state.ts";

const imageType = "docker:index/remoteImage:RemoteImage";
const passwordType = "random:index/randomPassword:RandomPassword";

/** What the engine has of a stack and its owner, and what its containers know of its passwords. */
export async function liveParts(engine: Engine, names: StackNames, owner: string): Promise<FindLive> {
  const owned = { stack: names.stack, owner };
  const [containers, networks, volumes, passwords] = await Promise.all([
    engine.containers({ all: true }),
    engine.networks(),
    engine.volumes(),
    readPasswords(engine, names),
  ]);
  const byName = (
    list: readonly { readonly id: string; readonly name: string; readonly labels: Readonly<Record<string, string>> }[],
    name: unknown,
  ) => {
    const found = list.find((each) => each.name === name && isOf(each, owned));
    return found && { id: found.id, outputs: {} };
  };
  return async (type, name, inputs) => {
    if (type === dockerTypes.container) return byName(containers, inputs.name);
    if (type === dockerTypes.network) return byName(networks, inputs.name);
    if (type === dockerTypes.volume) return byName(volumes, inputs.name);
    if (type === imageType) return await liveImage(engine, String(inputs.name));
    if (type === passwordType) return livePassword(passwords[name], inputs);
    return undefined;
  };
}

async function liveImage(engine: Engine, ref: string): Promise<LiveResource | undefined> {
  const image = await engine.images.inspect(ref);
  return image && { id: `${image.id}${ref}`, outputs: { imageId: image.id, repoDigest: "" } };
}

/** As the plugin itself keeps it, but for a hash that nobody here asks for. */
function livePassword(value: string | undefined, { length, special = true }: Readonly<Record<string, unknown>>): LiveResource | undefined {
  if (value === undefined || value.length !== length) return undefined;
  const least = { minLower: 0, minUpper: 0, minNumeric: 0, minSpecial: 0 };
  return {
    id: "none",
    outputs: { ...least, lower: true, upper: true, number: true, numeric: true, special, length, bcryptHash: "", result: value },
    secrets: ["bcryptHash", "result"],
  };
}

/** By the name of the resource: the key-feeder reads both from a file in its volume. */
async function readPasswords(engine: Engine, { containers }: StackNames): Promise<Readonly<Record<string, string | undefined>>> {
  const file = (await readEntry(engine, containers["key-feeder"], secretsPath(keysFolder)))?.content.toString() ?? "";
  const of = (variable: string) => new RegExp(`^${variable}='(.*)'$`, "m").exec(file)?.[1];
  return { "redis-password": of(variables.redisPassword), "aws-secret-key": of("AWS_SECRET_ACCESS_KEY") };
}
