import type { Look, Moment, Strategy } from "../../common/waiting.ts";
import { describeFound, type Found, runsBuild } from "./waiting.ts";
import type { WantedBuild } from "./wanted-build.ts";

/**
 * That every role runs exactly the wanted build and answers.
 * @param look what all roles run this moment
 * @param tell gets the state after each look in vain, and for how long it was waited, in ms
 */
export function buildRuns(
  wanted: WantedBuild,
  look: () => Promise<Found[]>,
  tell: (state: string, waited: number) => void,
): Strategy<Found[]> {
  let hash: string | undefined;
  return {
    get what() {
      if (hash === undefined) return `${wanted.name}, which is not there`;
      return `build ${hash.slice(0, 12)}${wanted.name === hash ? "" : ` (${wanted.name})`}`;
    },
    async look({ waited }: Moment): Promise<Look<Found[]>> {
      hash = await wanted.current();
      const found = await look();
      // A build that ended between the two looks counts: it is the last one.
      if (runsBuild(found, hash) && (await wanted.current()) === hash) return { found };
      const seen = found.map(describeFound).join(", ");
      tell(`${hash === undefined ? `there is no ${wanted.name} yet` : `waiting for ${hash.slice(0, 12)}`}: ${seen}`, waited);
      return { seen };
    },
  };
}
