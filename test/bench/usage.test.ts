import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { UsageMeter } from "../../bench/swap/usage.ts";

/** Fills 64 MiB and keeps a processor busy for a tenth of a second of its time. */
const busy = "const b = Buffer.alloc(2 ** 26, 1); while (process.cpuUsage().user < 1e5) b[0]++; process.stdout.write('ready')";

test("what ended and what still runs counts, with what it started; what ran before does not", async () => {
  const meter = new UsageMeter([]);
  const ended = spawn("sh", ["-c", '"$0" -e "$1"; exit 0', process.execPath, busy], { stdio: "ignore" });
  await once(ended, "exit");
  const running = spawn(process.execPath, ["-e", `${busy}; setInterval(() => {}, 1000)`], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    if (running.stdout !== null) await once(running.stdout, "data");
    const { cpuMs, peakBytes } = meter.stop();
    expect(cpuMs).toBeGreaterThan(200);
    expect(peakBytes).toBeGreaterThan(2 ** 26);
    expect(new UsageMeter([]).stop().cpuMs).toBeLessThan(200);
  } finally {
    running.kill();
  }
});
