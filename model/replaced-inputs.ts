/**
 * Inputs of docker.Container that its plugin calls updatable, and that need another container all the same. Most it leaves as they were. A memory
 * limit the engine does change in place, but up to the double alone, since the limit of swap stays; and most programs read it when they start.
 * Of the rest the plugin replaces the container by itself or really updates it, which test/e2e/docker-plugin.test.ts asks it.
 */
export const replacedInputs = ["healthcheck", "tmpfs", "init", "memory"];
