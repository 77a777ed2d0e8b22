/** The part of a .cpuprofile file (node --cpu-prof) that tells where time went: https://chromedevtools.github.io/devtools-protocol/tot/Profiler/ */
export interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  /** The node that each sample was in. */
  readonly samples: readonly number[];
  /** Microseconds before each sample. */
  readonly timeDeltas: readonly number[];
}

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}

/** V8 itself, and what nobody of ours called: ticks, timers. */
const engine = "engine";

/** Time by a name, in ms, the longest first. */
export type Times = ReadonlyMap<string, number>;

const groups: readonly (readonly [name: string, url: RegExp])[] = [
  ["hashes", /\/ledger\/(digest\/|ion\/hash)|^node:internal\/crypto/],
  ["ion", /\/ledger\/ion\/|\/node_modules\/(ion-js|jsbi)\//],
  ["partiql", /\/ledger\/partiql\//],
  ["store, transactions", /\/ledger\/(store|transaction)\/|\/ledger\/(ledger|ids)\.ts/],
  ["session API", /\/ledger\/session\//],
  ["control plane", /\/ledger\/control\//],
  ["journal, files", /\/ledger\/journal\/|^node:(internal\/)?fs/],
  ["http, net", /\/ledger\/http\/|^node:(_?http|_?stream|net|internal\/(http|streams|stream_base|webstreams|url))/],
];

/**
 * Self time by the part of the server that it was spent in. Native calls and Node's own helpers, such as Buffer, count to their callers.
 * Idle time is apart: where it is much, the server waited for the disk or for its clients.
 */
export function timeByGroup(profile: CpuProfile): Times {
  const byNode = selfTimes(profile);
  const found = new Map<string, number>();
  const visit = (node: ProfileNode, caller: string): void => {
    const group = groupOf(node, caller);
    found.set(group, (found.get(group) ?? 0) + (byNode.get(node.id) ?? 0));
    for (const child of node.children ?? []) visit(nodeWith(child), group);
  };
  const all = new Map(profile.nodes.map((node) => [node.id, node]));
  const nodeWith = (id: number): ProfileNode => {
    const node = all.get(id);
    if (node === undefined) throw new Error(`the profile has no node ${id}`);
    return node;
  };
  const [root] = profile.nodes;
  if (root === undefined) throw new Error("the profile is empty");
  visit(root, engine);
  return longestFirst(found);
}

/** Self time by function: `name file:line`. */
export function timeByFunction(profile: CpuProfile): Times {
  const byNode = selfTimes(profile);
  const found = new Map<string, number>();
  for (const { id, callFrame } of profile.nodes) {
    const place = callFrame.url.replace(/^.*\/(?=(ledger|node_modules)\/)/, "");
    const name = `${callFrame.functionName || "(anonymous)"} ${place === "" ? "" : `${place}:${callFrame.lineNumber + 1}`}`.trimEnd();
    found.set(name, (found.get(name) ?? 0) + (byNode.get(id) ?? 0));
  }
  return longestFirst(found);
}

function groupOf({ callFrame: { functionName, url } }: ProfileNode, caller: string): string {
  if (functionName === "(idle)") return "idle";
  if (functionName === "(garbage collector)") return "garbage collection";
  if (functionName === "(program)") return engine;
  const own = groups.find(([, pattern]) => pattern.test(url))?.[0];
  return own ?? (url === "" || url.startsWith("node:") ? caller : "other");
}

function selfTimes({ samples, timeDeltas }: CpuProfile): Map<number, number> {
  const found = new Map<number, number>();
  samples.forEach((id, index) => {
    found.set(id, (found.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  });
  return found;
}

function longestFirst(times: ReadonlyMap<string, number>): Times {
  return new Map([...times].filter(([, ms]) => ms > 0).sort(([, a], [, b]) => b - a));
}
