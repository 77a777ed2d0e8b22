import { describe, expect, test } from "vitest";
import { changedRows } from "../../dashboard/payouts.ts";
import { EarlyLook, streamLogs } from "../../dashboard/stack.ts";
import type { LogEntry, PaymentRow, StackView } from "../../dashboard/views.ts";

function payment(to: string, change: Partial<PaymentRow> = {}): PaymentRow {
  return { to, amount: "1.5", custodian: "dryrun-a", state: "waiting", expected: "paid", authorizations: 0, ...change };
}

test("of a payout only what has moved is sent", () => {
  const before = [payment("a"), payment("b"), payment("c")];
  const now = [payment("a"), payment("b", { state: "prepared" }), payment("c", { authorizations: 1 }), payment("d")];
  expect(changedRows([], before).rows.map(([index]) => index)).toEqual([0, 1, 2]);
  expect(changedRows(before, now)).toEqual({
    total: 4,
    rows: [
      [1, now[1]],
      [2, now[2]],
      [3, now[3]],
    ],
  });
  expect(changedRows(now, now).rows).toEqual([]);
});

describe("the first look of a page", () => {
  function looks() {
    const seen = { looks: 0, clock: 0 };
    const look = async () => ({ stack: String(++seen.looks) }) as StackView;
    return { seen, early: new EarlyLook({ look }, () => seen.clock) };
  }

  test("is the one that its files have begun, once", async () => {
    const { seen, early } = looks();
    early.begin();
    early.begin();
    expect(seen.looks).toBe(1);
    expect((await early.take()).stack).toBe("1");
    expect((await early.take()).stack).toBe("2");
  });

  test("is another one where that was a second ago", async () => {
    const { seen, early } = looks();
    early.begin();
    seen.clock = 1_000;
    expect((await early.take()).stack).toBe("2");
  });
});

test("lines of the log are sent in crowds, each once, in their order", async () => {
  async function* lines(): AsyncGenerator<LogEntry> {
    for (let n = 0; n < 4_321; n++) yield { part: "service", time: String(n).padStart(5, "0"), kind: "stdout", line: `line ${n}` };
  }
  const crowds: LogEntry[][] = [];
  await streamLogs(lines(), async (name, data) => {
    expect(name).toBe("lines");
    crowds.push([...(data as LogEntry[])]);
  });
  expect(crowds.flat().map(({ line }) => line)).toEqual(Array.from({ length: 4_321 }, (_, n) => `line ${n}`));
  expect(Math.max(...crowds.map(({ length }) => length))).toBe(500);
  expect(crowds.length).toBeLessThan(20);
});
