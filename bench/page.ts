import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import type { Browser } from "playwright-core";
import { table } from "../common/table.ts";
import { startBrowser } from "../test/slow/browser.ts";
import { machineLine } from "./busy.ts";
import { median } from "./clock.ts";
import { type Painted, paint } from "./page/paint.ts";
import { markupOf, type PlainPage, servePlainPage, withAllRows } from "./page/plain-page.ts";
import { openAndScroll, type Scrolled } from "./page/scroll.ts";
import { nitro, root } from "./run.ts";

// The page of `nitro dashboard` in Chromium, on a stack of its own: when it is seen, and how a payout's payments scroll. Beside it, in the same
// run and browser, plain pages that show the same and have no script: their markup and style in one file, and every payment's row in it.
const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "10" },
    payments: { type: "string", default: "10000" },
    stack: { type: "string", short: "s", default: "bench-page" },
    keep: { type: "boolean" },
  },
});
const rounds = Number(values.rounds);
const payments = Number(values.payments);
/** How long the payments may take to be prepared, in ms. */
const settleMs = 120_000;
/** What is allowed: ms until something is seen, ms between two frames for 95 of 100, rows in the document. */
const limits = { first: 300, frame: 33, rows: 100 } as const;

const browser = await startBrowser();
if (typeof browser === "string") throw new Error(browser);
process.stdout.write(await machineLine());
await nitro(["up", "-s", values.stack]);
try {
  process.exitCode = (await measure(browser)) ? 0 : 1;
} finally {
  await browser.close();
  if (values.keep !== true) await nitro(["down", "-s", values.stack, "--yes"]);
}

/** @returns whether all limits are kept */
async function measure(browser: Browser): Promise<boolean> {
  const payout = await payoutOf(payments);
  const dashboard = spawn("./nitro", ["dashboard", "-s", values.stack], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const plain: PlainPage[] = [];
  try {
    const address = await addressOf(dashboard.stdout);
    const place = `#/payouts/${payout}`;
    const ready = `${payments.toLocaleString("en")} payments`;
    // Until then the stack itself is busy with them.
    const settled = `${payments.toLocaleString("en")} prepared`;
    const whole = await servePlainPage(withAllRows(await shown(browser, address, place, settled), payments));
    plain.push(whole);
    const same = await servePlainPage(await shown(browser, address, "", "everything runs and answers"));
    plain.push(same);
    const paints: { ours: Painted[]; plain: Painted[] } = { ours: [], plain: [] };
    for (let round = 0; round < rounds; round++) {
      paints.ours.push(await paint(browser, address, ".picture .node"));
      paints.plain.push(await paint(browser, same.address, ".picture .node"));
    }
    const scrolls = {
      ours: await openAndScroll(browser, address, { place, ready, rounds: 3 }),
      plain: await openAndScroll(browser, whole.address, { place: "", ready, rounds: 3 }),
    };
    return tell(paints, scrolls, `plain pages of ${kilobytes(same.bytes)} and, with all rows, ${kilobytes(whole.bytes)}`);
  } finally {
    for (const each of plain) each.stop();
    dashboard.kill("SIGINT");
  }
}

/** Makes a payout whose payments wait for operators: they stay as they are. @returns its id */
async function payoutOf(count: number): Promise<string> {
  const payer = spawn("./nitro", ["pay", "-s", values.stack, "--count", String(count), "--authorization", "manual"], { cwd: root });
  const ended = once(payer, "close");
  let id: string | undefined;
  for await (const line of createInterface({ input: payer.stderr })) {
    id = /^payout (\S+):/.exec(line)?.[1];
    if (id !== undefined) break;
  }
  // Its payments go on without it.
  payer.kill("SIGINT");
  await ended;
  if (id === undefined) throw new Error("no payout was made");
  return id;
}

async function addressOf(output: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: output })) {
    const found = /^the page of stack .*: (\S+)$/.exec(line)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error("nitro dashboard has ended without an address");
}

/** What the page shows, as markup. */
async function shown(browser: Browser, address: string, place: string, ready: string): Promise<string> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(address);
    if (place !== "") await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
    await page.getByText(ready).first().waitFor({ timeout: settleMs });
    return await markupOf(page);
  } finally {
    await context.close();
  }
}

type Pair<T> = Readonly<Record<"ours" | "plain", readonly T[]>>;

function tell(paints: Pair<Painted>, scrolls: Pair<Scrolled>, beside: string): boolean {
  const rows: string[][] = [];
  let kept = true;
  const row = (what: string, unit: string, ours: number, plain: number, limit?: number) => {
    const verdict = limit === undefined ? "" : `${limit}${unit}: ${ours <= limit ? "ok" : "OVER"}`;
    if (limit !== undefined && ours > limit) kept = false;
    rows.push([
      what,
      `${ours.toFixed(0)}${unit}`,
      `${plain.toFixed(0)}${unit}`,
      plain === 0 ? "" : `${(ours / plain).toFixed(2)}×`,
      verdict,
    ]);
  };
  const both = <T>(pair: Pair<T>, of: (all: readonly T[]) => number) => [of(pair.ours), of(pair.plain)] as const;
  const frame = (share: number) => (all: readonly Scrolled[]) =>
    quantile(
      all.flatMap(({ frames }) => frames),
      share,
    );
  row("first paint", " ms", ...both(paints, (all) => median(all.map(({ first }) => first))), limits.first);
  row("the whole stack is seen", " ms", ...both(paints, (all) => median(all.map(({ whole }) => whole))), limits.first);
  row("between two frames, p50", " ms", ...both(scrolls, frame(0.5)));
  row("p95", " ms", ...both(scrolls, frame(0.95)), limits.frame);
  row("longest", " ms", ...both(scrolls, frame(1)));
  row("rows in the document", "", ...both(scrolls, (all) => Math.max(...all.map((each) => each.rows))), limits.rows);
  row("frames with something not drawn", "", ...both(scrolls, (all) => all.reduce((sum, { gaps }) => sum + gaps, 0)));
  process.stdout.write(`nitro dashboard, ${payments} payments, beside ${beside}\n`);
  process.stdout.write(table(["", "nitro dashboard", "plain", "ratio", "allowed"], rows));
  return kept;
}

function quantile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

function kilobytes(bytes: number): string {
  return `${(bytes / 1024).toFixed(0)} KiB`;
}
