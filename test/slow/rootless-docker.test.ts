import { describe } from "vitest";
import { testStackOn } from "./own-engine.ts";
import { RootlessDocker } from "./rootless-docker.ts";

describe("Docker without root", () => testStackOn("e2e-rootless", () => RootlessDocker.start(), { copied: true }));
