import { describe, expect, it } from "vitest";
import { InterruptedError } from "../../common/errors.ts";
import { type Clock, DeadlineError, type Look, type Moment, unlessStopped, wait, waitUntil } from "../../common/waiting.ts";

/** A clock that only sleeping moves. */
function clockAt(time = 0): Clock & { time: number } {
  return {
    time,
    now() {
      return this.time;
    },
    async sleep(ms) {
      this.time += ms;
    },
  };
}

/** Looks that find these, one after the other, the last one for ever. */
function looks(clock: { time: number }, ...all: readonly Look<string>[]) {
  const at: number[] = [];
  const moments: Moment[] = [];
  const look = async (moment: Moment): Promise<Look<string>> => {
    moments.push(moment);
    at.push(clock.time);
    return all[Math.min(at.length, all.length) - 1] ?? { seen: "nothing" };
  };
  return { what: "gold", look, at, moments };
}

describe("waiting", () => {
  it("looks at once, and again after each interval, until it is found", async () => {
    const clock = clockAt();
    const strategy = looks(clock, { seen: "sand" }, { seen: "stone" }, { found: "gold" });
    expect(await waitUntil(strategy, { timeoutMs: 1000, intervalMs: 100, clock })).toBe("gold");
    expect(strategy.at).toEqual([0, 100, 200]);
  });

  it("looks last when the time is over; the error says for what it was waited, how long, and what was seen", async () => {
    const clock = clockAt();
    const strategy = looks(clock, { seen: "sand" }, { seen: "stone" });
    const error = await waitUntil(strategy, { timeoutMs: 250, intervalMs: 100, clock }, "dig deeper").catch((thrown) => thrown);
    expect(error).toBeInstanceOf(DeadlineError);
    expect([error.message, error.hint]).toEqual(["waited 0.3s in vain for gold: stone", "dig deeper"]);
    expect(strategy.at).toEqual([0, 100, 200, 250]);
  });

  it("begins anew with news", async () => {
    const clock = clockAt();
    const strategy = looks(clock, { seen: "sand" }, { seen: "dust", news: true }, { seen: "dust" });
    expect(await wait(strategy, { timeoutMs: 250, intervalMs: 100, clock })).toEqual({ end: "late", seen: "dust", waited: 350 });
    expect(strategy.moments.at(-1)).toEqual({ waited: 350, silent: 250 });
  });

  it("ends at once with what a look throws", async () => {
    const clock = clockAt();
    const look = () => Promise.reject(new Error("the mine is closed"));
    await expect(waitUntil({ what: "gold", look }, { intervalMs: 100, clock })).rejects.toThrow("the mine is closed");
    expect(clock.time).toBe(0);
  });

  it("is stopped by the signal, before a look or between two, and that is told from a deadline", async () => {
    const clock = clockAt();
    const before = looks(clock, { seen: "sand" });
    await expect(waitUntil(before, { intervalMs: 100, signal: AbortSignal.abort(), clock })).rejects.toThrow(InterruptedError);
    expect(before.at).toEqual([]);
    const stop = new AbortController();
    const look = async () => {
      stop.abort();
      return { seen: "sand" };
    };
    const limits = { intervalMs: 60_000, signal: stop.signal };
    await expect(waitUntil({ what: "gold", look }, limits)).rejects.toThrow("stopped while waiting for gold");
    expect(await wait(looks(clock), limits)).toMatchObject({ end: "stopped" });
  });
});

describe("unlessStopped", () => {
  it("gives what the work gives, or its error", async () => {
    const { signal } = new AbortController();
    const why = () => new InterruptedError("stopped");
    expect(await unlessStopped(Promise.resolve("gold"), signal, why)).toBe("gold");
    await expect(unlessStopped(Promise.reject(new Error("the mine is closed")), signal, why)).rejects.toThrow("the mine is closed");
  });

  it("says how far the work came when it was stopped, also where that was before it began", async () => {
    const stop = new AbortController();
    let depth = 1;
    const why = () => new InterruptedError(`stopped at ${depth} m`);
    const waiting = unlessStopped(new Promise(() => undefined), stop.signal, why);
    depth = 2;
    stop.abort();
    await expect(waiting).rejects.toThrow("stopped at 2 m");
    await expect(unlessStopped(new Promise(() => undefined), stop.signal, why)).rejects.toThrow(InterruptedError);
  });
});
