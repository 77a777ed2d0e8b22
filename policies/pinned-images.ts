import type { Policy } from "./policy.ts";
import { containerType, textValue } from "./values.ts";

const remoteImageType = "docker:index/remoteImage:RemoteImage";

/** The same declaration has to run the same bytes tomorrow. */
export const pinnedImages: Policy = {
  name: "pinned-images",
  description: "Images are named by their content: by id, by digest, or by a tag that is a hash.",
  check({ type, props }) {
    const image = type === containerType ? textValue(props, "image") : type === remoteImageType ? textValue(props, "name") : undefined;
    if (image === undefined || isPinned(image)) return [];
    return [`image ${image} may be another one tomorrow: allowed are name@sha256:<digest> and a tag of 12 or more hex digits`];
  },
};

/** @param image as docker takes it: [host[:port]/]name[:tag][@digest], or an id */
export function isPinned(image: string): boolean {
  if (/(^|@)sha256:[0-9a-f]{64}$/.test(image)) return true;
  const tag = image.includes("@") ? undefined : /:([^:/]+)$/.exec(image)?.[1];
  return tag !== undefined && /^[0-9a-f]{12,64}$/.test(tag);
}
