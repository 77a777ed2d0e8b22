import { describe } from "vitest";
import { testStackOn } from "./own-engine.ts";
import { PodmanEngine } from "./podman-engine.ts";

describe("podman as root", () => testStackOn("e2e-podman", () => PodmanEngine.start({ rootless: false })));
describe("podman as a user", () => testStackOn("e2e-podman-user", () => PodmanEngine.start({ rootless: true }), { copied: true }));
