import { known } from "./describe-ledger.ts";
import { ControlError } from "./errors.ts";
import type { Registry } from "./registry.ts";
import type { ControlRequest } from "./request.ts";

/** QLDB's limit of tags on one resource. */
const most = 50;

/** GET /tags/{arn} */
export function listTags({ registry, region, path: [arn = ""] }: ControlRequest): unknown {
  return { Tags: known(registry, nameIn(registry, region, arn)).tags };
}

/** POST /tags/{arn} */
export async function tagResource({ registry, region, path: [arn = ""], body }: ControlRequest): Promise<void> {
  const name = nameIn(registry, region, arn);
  const tags = { ...known(registry, name).tags, ...tagsOf(body.Tags) };
  if (Object.keys(tags).length > most) throw new ControlError("InvalidParameterException", `a ledger has at most ${most} tags`);
  await registry.update(name, { tags });
}

/** DELETE /tags/{arn}?tagKeys=… */
export async function untagResource({ registry, region, path: [arn = ""], query }: ControlRequest): Promise<void> {
  const name = nameIn(registry, region, arn);
  const gone = new Set(query.getAll("tagKeys"));
  const tags = Object.fromEntries(Object.entries(known(registry, name).tags).filter(([key]) => !gone.has(key)));
  await registry.update(name, { tags });
}

/** @throws ControlError for tags that are not texts, or longer than QLDB allows */
export function tagsOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new ControlError("InvalidParameterException", "Tags has to be an object");
  return Object.fromEntries(
    Object.entries(value).map(([key, text]: [string, unknown]) => {
      if (key.length < 1 || key.length > 128) throw new ControlError("InvalidParameterException", "a tag's key has 1 to 128 characters");
      if (typeof text !== "string" || text.length > 256)
        throw new ControlError("InvalidParameterException", `the value of tag ${key} has to be a text of at most 256 characters`);
      return [key, text];
    }),
  );
}

/** The ledger that an ARN names: one of the client's region, or of the server's own. */
function nameIn(registry: Registry, region: string, arn: string): string {
  const name = arn.split("/").at(-1) ?? "";
  if (arn !== registry.arn(name, region) && arn !== registry.arn(name))
    throw new ControlError("ResourceNotFoundException", `there is no resource ${arn}`);
  return name;
}
