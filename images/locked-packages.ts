/** An entry of package-lock.json, as far as it matters here. */
interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

type Packages = Readonly<Record<string, LockedPackage>>;

/**
 * Finds packages, and whatever they depend on. Pure.
 * @param lock text of a package-lock.json
 * @param names of packages that the repository imports
 * @returns the path of each below the repository and what pins it, sorted; nothing for one that the lock file does not have
 */
export function lockedPackages(lock: string, names: Iterable<string>): [path: string, pin: string][] {
  const { packages = {} } = JSON.parse(lock) as { packages?: Packages };
  const found = new Map<string, string>();
  const waiting = [...names].map((name) => located(packages, "", name));
  while (waiting.length > 0) {
    const path = waiting.pop();
    const entry = path === undefined ? undefined : packages[path];
    if (path === undefined || entry === undefined || found.has(path)) continue;
    found.set(path, `${entry.version} ${entry.integrity}`);
    const needed = { ...entry.dependencies, ...entry.optionalDependencies, ...entry.peerDependencies };
    waiting.push(...Object.keys(needed).map((name) => located(packages, path, name)));
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Where Node finds a package: beside the one that asks, or in a folder above. */
function located(packages: Packages, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf("/node_modules/")))) {
    const path = folder === "" ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (path in packages) return path;
    if (folder === "") return undefined;
  }
}
