import { createRequire, Module } from "node:module";

// Imported before anything of Pulumi. Its SDK loads npm's installer and the TypeScript compiler, with all that belongs to them, in order to
// pack code for functions in a cloud (@pulumi/pulumi, runtime/closure/codePaths.js and parseFunction.js). No stack of ours does that, and
// loading them takes a third of the time of loading the SDK: they are loaded when they are asked for.
const require = createRequire(import.meta.url);
const sdk = createRequire(require.resolve("@pulumi/pulumi"));

standIn("@npmcli/arborist");
standIn("typescript");

/**
 * Puts a module into the cache of modules that loads the real one as soon as anything of it is used. A module that is there already stays.
 */
function standIn(name: string): void {
  const file = resolved(name);
  if (file === undefined || sdk.cache[file] !== undefined) return;
  const real = () => {
    if (sdk.cache[file] === module) delete sdk.cache[file];
    return sdk(name) as Record<string | symbol, unknown>;
  };
  const module = new Module(file);
  module.filename = file;
  module.loaded = true;
  // Compiled importers copy what they import unless it says that it was compiled, too.
  module.exports = new Proxy({}, { get: (_none, property) => (property === "__esModule" ? true : real()[property]) });
  sdk.cache[file] = module;
}

/** @returns undefined where it is not installed: the SDK has another one, or does without */
function resolved(name: string): string | undefined {
  try {
    return sdk.resolve(name);
  } catch {
    return undefined;
  }
}
