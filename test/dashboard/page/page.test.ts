import { describe, expect, test } from "vitest";
import { EventReader } from "../../../dashboard/page/event-stream.ts";
import { hiddenAtFirst, keptHidden, shownLines, withLines } from "../../../dashboard/page/log-buffer.ts";
import { selected, stateCounts, withChanges } from "../../../dashboard/page/payments.ts";
import { hashOf, type Place, placeAt } from "../../../dashboard/page/places.ts";
import { visibleRows } from "../../../dashboard/page/visible.ts";
import { ageText, countText, durationText } from "../../../dashboard/page/words.ts";
import type { LogEntry, PaymentRow } from "../../../dashboard/views.ts";

describe("server-sent events", () => {
  const sent = 'event: stack\ndata: {"a":"x\\n\\ny"}\n\n:\n\nevent: lines\ndata: []\n\n';
  const events = [
    { name: "stack", data: { a: "x\n\ny" } },
    { name: "lines", data: [] },
  ];

  test.each([1, 2, 7, 1_000])("are the same in pieces of %d characters", (size) => {
    const reader = new EventReader();
    const pieces = sent.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
    expect(pieces.flatMap((piece) => reader.push(piece))).toEqual(events);
  });

  test("are not told before they are whole", () => {
    expect(new EventReader().push('event: stack\ndata: {"a":1}\n')).toEqual([]);
  });
});

describe("of ten thousand rows", () => {
  test("only those are drawn that are seen, and a few beyond", () => {
    for (const top of [0, 15, 30, 14_985, 299_400]) {
      const { from, to } = visibleRows(top, 600, 30, 10_000);
      expect(from).toBeLessThanOrEqual(top / 30);
      expect(to).toBeGreaterThanOrEqual(Math.min(10_000, (top + 600) / 30));
      expect(to - from).toBeLessThanOrEqual(20 + 2 * 8 + 1);
    }
  });

  test("none are beyond the ends, wherever somebody has scrolled to", () => {
    expect(visibleRows(-50, 600, 30, 10_000)).toEqual({ from: 0, to: 28 });
    expect(visibleRows(299_400, 600, 30, 10_000).to).toBe(10_000);
    expect(visibleRows(299_400, 600, 30, 5)).toEqual({ from: 5, to: 5 });
    expect(visibleRows(0, 600, 30, 0)).toEqual({ from: 0, to: 0 });
  });
});

describe("places", () => {
  const places: Place[] = [
    { view: "stack" },
    { view: "logs" },
    { view: "payouts" },
    { view: "payout", payout: "pay-1" },
    { view: "payout", payout: "a/b c#d" },
    { view: "ledger" },
    { view: "history", table: "Ä/1", id: "5qm5QvriIzYh7mT170PzhD" },
  ];

  test.each(places)("%j has an address of its own", (place) => {
    expect(placeAt(hashOf(place))).toEqual(place);
  });

  test.each(["", "#", "#/nowhere", "#token=abc"])("%j is none", (hash) => {
    expect(placeAt(hash)).toBeUndefined();
  });

  test("a damaged address leads somewhere all the same", () => {
    expect(placeAt("#/payouts/%E0%A4%A")).toEqual({ view: "payout", payout: "%E0%A4%A" });
  });
});

describe("payments", () => {
  const payment = (to: string, state: PaymentRow["state"], documentId?: string): PaymentRow => ({
    ...{ to, state, documentId, amount: "1.5", custodian: "dryrun-a", expected: "paid", authorizations: 0 },
  });
  const all = [payment("Ann", "paid", "d1"), payment("Ben", "prepared", "d2"), payment("Cid", "waiting")];

  test("take the changes that come, and leave the list before as it was", () => {
    const now = withChanges(all, {
      total: 4,
      rows: [
        [1, payment("Ben", "paid", "d2")],
        [3, payment("Dee", "waiting")],
      ],
    });
    expect(now.map(({ to, state }) => `${to} ${state}`)).toEqual(["Ann paid", "Ben paid", "Cid waiting", "Dee waiting"]);
    expect(all[1]?.state).toBe("prepared");
  });

  test("are counted by state, from the first to the last", () => {
    expect(stateCounts(all).map(({ state, count }) => `${count} ${state}`)).toEqual([
      ...["1 waiting", "1 prepared", "0 authorized", "0 pending", "0 failed", "1 paid"],
    ]);
  });

  test("are found by state, payee and document", () => {
    expect(selected(all, undefined, "")).toBe(all);
    expect(selected(all, "paid", "").map(({ to }) => to)).toEqual(["Ann"]);
    expect(selected(all, undefined, " bE").map(({ to }) => to)).toEqual(["Ben"]);
    expect(selected(all, undefined, "D1").map(({ to }) => to)).toEqual(["Ann"]);
    expect(selected(all, "waiting", "ann")).toEqual([]);
  });
});

describe("the log", () => {
  const line = (time: string, part = "service", text = time): LogEntry => ({ time, part, kind: "stdout", line: text });

  test("is in the order of time, whichever part's lines came first", () => {
    const first = withLines([], [line("02"), line("05")]);
    const both = withLines(first, [line("03", "redis"), line("05", "redis"), line("01", "redis")]);
    expect(both.map(({ time, part }) => `${time} ${part}`)).toEqual(["01 redis", "02 service", "03 redis", "05 service", "05 redis"]);
  });

  test("keeps the newest twenty thousand lines", () => {
    const many = Array.from({ length: 25_000 }, (_, n) => line(String(n).padStart(6, "0")));
    const kept = withLines(many.slice(0, 15_000), many.slice(15_000));
    expect([kept.length, kept[0]?.time, kept.at(-1)?.time]).toEqual([20_000, "005000", "024999"]);
  });

  test("leaves out LocalStack's lines until somebody chooses otherwise", () => {
    expect(hiddenAtFirst(null)).toEqual(new Set(["localstack"]));
    for (const chosen of [[], ["redis"], ["localstack", "key-feeder"]])
      expect(hiddenAtFirst(keptHidden(new Set(chosen)))).toEqual(new Set(chosen));
  });

  test("is filtered by part and by text, in whatever case", () => {
    const lines = [line("1", "service", "Payment prepared"), line("2", "redis", "Ready"), line("3", "service", "ready")];
    expect(shownLines(lines, { hidden: new Set(["redis"]), text: "" }).map(({ time }) => time)).toEqual(["1", "3"]);
    expect(shownLines(lines, { hidden: new Set(), text: "READY" }).map(({ time }) => time)).toEqual(["2", "3"]);
    expect(shownLines(lines, { hidden: new Set(), text: "" })).toBe(lines);
  });
});

test.each([
  [durationText(420.4), "420 ms"],
  [durationText(1_250), "1.3 s"],
  [durationText(125_000), "2 min 5 s"],
  [ageText("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:00:42Z")), "42 s"],
  [ageText("2026-01-01T00:00:00Z", Date.parse("2026-01-01T03:10:00Z")), "3 h"],
  [ageText("2026-01-01T00:00:05Z", Date.parse("2026-01-01T00:00:00Z")), "0 s"],
  [countText(1, "row"), "1 row"],
  [countText(10_000, "payment"), "10,000 payments"],
])("%s", (text, expected) => {
  expect(text).toBe(expected);
});
