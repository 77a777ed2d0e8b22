import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { Engine } from "../docker/engine.ts";
import { buildInContainer } from "../executable/container-build.ts";
import { ensureImages, goImageRefs } from "../images/build.ts";
import { ensureGo } from "../toolchain/go.ts";
import { inSeconds, median } from "./clock.ts";
import { root, runBenchProgram } from "./run.ts";

// A build in a container against the same build on this host, both after a small change of the same sources, in alternation.

/** Most that the container may cost. */
const limit = 1.3;

const { values } = parseArgs({ options: { rounds: { type: "string", default: "10" } } });
const folder = mkdtempSync(join(tmpdir(), "nitro-bench-build-"));
const sources = join(folder, "sample");
const hostOutput = join(folder, "host");

try {
  cpSync(join(root, "sample"), sources, { recursive: true });
  const engine = Engine.connect();
  const { arch } = await engine.ping();
  const refs = goImageRefs(arch);
  await ensureImages(engine, refs);
  const go = await ensureGo();
  const onHost = () =>
    runBenchProgram(
      go,
      ["build", "-o", hostOutput, "."],
      { GOOS: "linux", GOARCH: arch, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
      sources,
    );
  const common = { arch, image: refs.go, folder: sources, sees: true, env: process.env };
  const inContainer = () =>
    buildInContainer(engine, { ...common, command: "go build -o /out/payments .", output: join(folder, "container") });

  let change = 0;
  /** A function that nothing had before: the package is compiled and the program linked anew. */
  const edit = () =>
    writeFileSync(join(sources, "change.go"), `package main\n\nfunc change() int { return ${++change} }\n\nvar _ = change()\n`);
  const timed = async (build: () => Promise<unknown>): Promise<number> => {
    edit();
    const began = performance.now();
    await build();
    return performance.now() - began;
  };
  const first = await timed(inContainer);
  await timed(onHost);
  const times = { host: [] as number[], container: [] as number[] };
  for (let round = 0; round < Number(values.rounds); round++) {
    times.host.push(await timed(onHost));
    times.container.push(await timed(inContainer));
  }
  const [host, container] = [median(times.host), median(times.container)];
  const ratio = container / host;
  const verdict = ratio <= limit ? "ok" : "OVER";
  console.log(`first build in a container  ${inSeconds(first)}`);
  console.log(`after a change, on the host  ${inSeconds(host)} (${times.host.map(inSeconds).join(", ")})`);
  console.log(`after a change, in a container  ${inSeconds(container)} (${times.container.map(inSeconds).join(", ")})`);
  console.log(`ratio ${ratio.toFixed(2)}, allowed ${limit}: ${verdict}`);
  if (ratio > limit) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
