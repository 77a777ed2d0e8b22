import { registerHooks } from "node:module";

const lazy = new URL("./lazy-arborist.cjs", import.meta.url).href;

// Imported before anything of Pulumi. Its SDK loads npm's installer, with all that belongs to it, in order to pack code for functions in a
// cloud (@pulumi/pulumi, runtime/closure/codePaths.js). No stack of ours does that, and loading it takes a tenth of a swap: it is loaded
// when it is asked for.
registerHooks({
  resolve(specifier, context, next) {
    if (specifier !== "@npmcli/arborist" || context.parentURL === lazy) return next(specifier, context);
    return { url: lazy, format: "commonjs", shortCircuit: true };
  },
});
