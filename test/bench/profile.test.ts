import { describe, expect, it } from "vitest";
import { median } from "../../bench/clock.ts";
import { coldPhases, phases, readTrace, warmPhases } from "../../bench/profile.ts";

const trace = `1000.0 node started
1100.0 command swap
1150.0 pulumi up
1500.0 prelude
1520.0 resourcePre same nitro-alice
1900.0 program runs
1950.0 program prepared
2400.0 resourcePre same redis-container
2500.0 resourcePre delete-replaced service-container
2700.0 resOutputs delete-replaced worker-container
2800.0 resOutputs delete-replaced service-container
3200.0 resOutputs create-replacement service-container
3300.0 resOutputs create-replacement worker-container
`;

describe("phases", () => {
  it("cuts a swap into parts that add up to the whole", () => {
    const found = phases(coldPhases, readTrace(trace), 950, 3250, 3900);
    expect([...found.values()]).toEqual([50, 100, 50, 750, 50, 550, 300, 400, 50, 650]);
    expect([...found.values()].reduce((sum, ms) => sum + ms, 0)).toBe(3900 - 950);
  });

  it("knows nothing of what came before the change or after the end", () => {
    const text =
      "900 resourcePre delete-replaced service-container\n1100 resourcePre delete-replaced service-container\n1900 resourcePre same worker-container\n";
    expect(phases(warmPhases, readTrace(text), 1000, 1500, 1600)).toEqual(
      new Map([
        ["change seen, executable checked and staged", 100],
        ["the service answers", 400],
        ["(afterwards: the worker, pulumi's end)", 100],
      ]),
    );
  });

  it("leaves out what did not happen", () => {
    expect([...phases(coldPhases, readTrace("1000 node started\n"), 990, 1200, 1300).values()]).toEqual([10, 200, 100]);
  });
});

describe("median", () => {
  it("is the middle, or the mean of the two in the middle", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 2, 9])).toBe(3);
  });
});
