import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { endKeeper, keeperState } from "../../cli/keeper/client.ts";
import { startKeeper } from "../../cli/keeper/start.ts";
import { listProcesses } from "../../common/process-tree.ts";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { buildGated, buildSample, gate } from "../e2e/build-sample.ts";
import { nitro, root, tryNitro } from "../e2e/nitro.ts";
import { accessibilityProblems, allLooks, openInBrowser, startBrowser, tooWide } from "./browser.ts";

// `nitro dashboard` in a real browser, on a real stack. NITRO_SCREENSHOT=1 writes docs/dashboard.png anew.

const stack = "e2e-page";
const engine = Engine.connect();
const programs = [stackNames(stack).containers.service, stackNames(stack).containers.worker];
const scratch = mkdtempSync(join(tmpdir(), "nitro-page-"));
let browser: Browser | undefined;
let hindrance: string | undefined;
let dashboard: ChildProcess;
let address: string;

beforeAll(async () => {
  const started = await startBrowser();
  if (typeof started === "string") {
    hindrance = started;
    return;
  }
  browser = started;
  await nitro("down", "-s", stack, "--yes");
  await nitro("up", "-s", stack, "--binary", await buildSample(join(scratch, "payments-1"), "first"));
  dashboard = spawn("./nitro", ["dashboard", "-s", stack], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  for await (const line of createInterface({ input: dashboard.stdout as NodeJS.ReadableStream })) {
    const found = /^the page of stack "e2e-page": (\S+)$/.exec(line)?.[1];
    if (found === undefined) continue;
    address = found;
    break;
  }
});

beforeEach((context) => {
  if (hindrance !== undefined) context.skip(hindrance);
});

afterAll(async () => {
  await browser?.close();
  dashboard?.kill("SIGINT");
  await tryNitro("down", "-s", stack, "--yes");
  rmSync(scratch, { recursive: true, force: true });
});

async function opened(place = "", looks = allLooks[0]) {
  if (browser === undefined || looks === undefined) throw new Error("there is no browser");
  const found = await openInBrowser(browser, address, looks);
  if (place !== "") await go(found.page, place);
  return found;
}

async function go(page: Page, place: string): Promise<void> {
  await page.getByRole("navigation").waitFor();
  await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
}

/** Makes a payout that waits for operators. @returns its id */
async function pay(count: number): Promise<string> {
  const { stderr } = await tryNitro("pay", "-s", stack, "--count", String(count), "--authorization", "manual");
  const id = /^payout (\S+):/m.exec(stderr)?.[1];
  if (id === undefined) throw new Error(`no payout was made: ${stderr}`);
  return id;
}

/** Waits until the page shows a swap whose new containers are there and do not answer, by build-sample.ts: it lasts until the gates are opened. */
async function seenGoingOn(page: Page): Promise<void> {
  await page.getByText("an update is going on: process").waitFor();
  await page.getByText(/^changing now: (service, worker|worker, service)$/).waitFor();
  await page.locator(".picture .node", { hasText: /service.*→ …/ }).waitFor();
}

/** Lets the programs of a swap begin, as soon as their containers run. @param before what `programIds` gave before the swap */
async function openGates(before: readonly (string | undefined)[]): Promise<void> {
  const run = async () => {
    const found = await Promise.all(programs.map((name) => engine.inspect(name)));
    return found.every((each, index) => each?.status === "running" && each.id !== before[index]);
  };
  await waitFor(run, { what: "the new containers", timeoutMs: 60_000 });
  const opened = await Promise.all(programs.map((name) => engine.exec(name, ["touch", gate])));
  expect(opened.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
}

const programIds = () => Promise.all(programs.map(async (name) => (await engine.inspect(name))?.id));

/** How many payments are in a state, by the page. */
function inState(page: Page, count: string, state: string) {
  return page.getByRole("button", { name: `${count} ${state}`, exact: true });
}

test("the stack is shown with its health, and a swap while it goes on", async () => {
  const { page, context, errors } = await opened();
  await page.getByText("everything runs and answers").waitFor();
  expect(await page.locator(".picture .node").count()).toBe(6);
  expect(await page.locator(".picture .node.good").count()).toBe(6);
  const versions = () =>
    page
      .locator("tbody tr", { hasText: /^(service|worker)/ })
      .locator("code")
      .allInnerTexts();
  const before = await versions();
  const ids = await programIds();
  const swapped = nitro("swap", "-s", stack, "--binary", await buildGated(join(scratch, "payments-2"), "second"));
  await seenGoingOn(page);
  await openGates(ids);
  await swapped;
  await page.getByText("an update is going on").waitFor({ state: "detached" });
  await page
    .locator(".notes li", { hasText: `service ${before[0]} → ` })
    .first()
    .waitFor();
  await page
    .locator(".notes li", { hasText: `worker ${before[1]} → ` })
    .first()
    .waitFor();
  await page.getByText("everything runs and answers").waitFor();
  expect(await versions()).not.toEqual(before);
  if (process.env.NITRO_SCREENSHOT === "1") {
    await page.setViewportSize({ width: 820, height: 480 });
    await page.screenshot({ path: join(root, "docs/dashboard.png") });
  }
  expect(errors).toEqual([]);
  await context.close();
});

test("so is a swap that was kept ready, by the process that did so", async () => {
  const log = openSync(join(scratch, "keeper.log"), "a");
  await startKeeper(root, stack, process.env, log);
  closeSync(log);
  const { page, context } = await opened();
  await page.getByText("the next swap is kept ready").waitFor();
  expect(await page.getByText("an update is going on").count()).toBe(0);
  await buildGated(join(scratch, "payments-2"), "third");
  const ids = await programIds();
  const swapped = nitro("swap", "-s", stack);
  await seenGoingOn(page);
  const { pid: keeper } = (await keeperState(root, stack)) ?? {};
  const holder = Number(/process (\d+)/.exec(await page.getByText("an update is going on: process").innerText())?.[1]);
  expect(listProcesses().find(({ pid }) => pid === holder)?.parent).toBe(keeper);
  await openGates(ids);
  await swapped;
  await page.getByText("everything runs and answers").waitFor();
  await endKeeper(root, stack);
  await context.close();
});

test("a payout is authorized by both operators, and its payments are seen to be paid", async () => {
  const { page, context, errors } = await opened(`#/payouts/${await pay(20)}`);
  await inState(page, "20", "prepared").waitFor();
  for (const operator of [1, 2]) {
    await page.getByRole("button", { name: `Authorize as operator ${operator}` }).click();
    await page.getByText(`operator ${operator} authorized 20 payments`).waitFor();
  }
  await inState(page, "20", "paid").waitFor();
  expect(await page.getByRole("button", { name: "Cancel payout" }).first().isDisabled()).toBe(true);
  expect(errors).toEqual([]);
  await context.close();
});

test("a payout is cancelled, but not before that was asked for twice", async () => {
  const payout = await pay(5);
  const { page, context } = await opened(`#/payouts/${payout}`);
  await inState(page, "5", "prepared").waitFor();
  await page.getByRole("button", { name: "Retry" }).click();
  await page.getByText("there is nothing to try again").waitFor();
  await page.getByRole("button", { name: "Cancel payout" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep it" }).click();
  expect(await nitro("pay", "ls", "-s", stack)).toContain(payout);
  await page.getByRole("button", { name: "Cancel payout" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Cancel payout" }).click();
  await page.getByText(`payout ${payout} is cancelled: 5 prepared before`).waitFor();
  await go(page, "#/payouts");
  await page.getByRole("link", { name: /^pay-/ }).first().waitFor();
  expect(await page.getByRole("link", { name: payout }).count()).toBe(0);
  await context.close();
});

describe("a payout of ten thousand payments", () => {
  let payout: string;
  let paying: Promise<unknown>;

  beforeAll(async () => {
    if (hindrance !== undefined) return;
    const payer = spawn("./nitro", ["pay", "-s", stack, "--count", "10000", "--authorization", "manual"], { cwd: root });
    for await (const line of createInterface({ input: payer.stderr })) {
      payout = /^payout (\S+):/.exec(line)?.[1] ?? payout;
      if (payout !== undefined) break;
    }
    // Its payments go on without it.
    paying = new Promise((done) => payer.once("close", done));
    payer.kill("SIGINT");
  });

  test("is drawn in part, found whole, and moves on meanwhile", async () => {
    await paying;
    const { page, context, errors } = await opened(`#/payouts/${payout}`);
    await page.getByText("10,000 payments").waitFor();
    const table = page.getByRole("table");
    expect(await table.getAttribute("aria-rowcount")).toBe("10001");
    const drawn = () => page.locator("tr.row").count();
    expect(await drawn()).toBeLessThan(70);
    await page.locator(".long").focus();
    await page.keyboard.press("End");
    await page.getByRole("cell", { name: "payee-10000", exact: true }).waitFor();
    expect(await drawn()).toBeLessThan(70);
    expect(await page.getByRole("cell", { name: "payee-1", exact: true }).count()).toBe(0);
    await page.getByRole("searchbox").fill("payee-9876");
    await page.getByText("1 payment", { exact: true }).waitFor();
    await page.getByRole("cell", { name: "payee-9876", exact: true }).waitFor();
    await inState(page, "10,000", "prepared").waitFor();
    expect(errors).toEqual([]);
    await context.close();
  });
});

test("the log is filtered by part and by text", async () => {
  const { page, context } = await opened("#/logs");
  await page.getByRole("checkbox", { name: "worker" }).waitFor();
  await page.getByRole("checkbox", { name: "redis" }).waitFor();
  for (const part of ["worker", "service", "localstack", "ledger", "key-feeder"]) {
    const box = page.getByRole("checkbox", { name: part });
    if ((await box.count()) > 0) await box.uncheck();
  }
  await page.getByRole("searchbox").fill("ready to accept connections");
  await page.getByText(/^\d+ lines?$/).waitFor();
  const parts = await page.locator("tr.row td:nth-child(2)").allInnerTexts();
  expect(new Set(parts)).toEqual(new Set(["redis"]));
  await context.close();
});

describe.each(allLooks)("at $width pixels, $colorScheme", (looks) => {
  test("no view has a problem of accessibility, and each fits the window", async () => {
    const { page, context, errors } = await opened("", looks);
    const views = { stack: "Seen since this page was opened", payouts: "pay-", ledger: "Statement", logs: "redis" };
    for (const [view, words] of Object.entries(views)) {
      await go(page, `#/${view}`);
      await page.getByText(words).first().waitFor();
      expect([view, await accessibilityProblems(page), await tooWide(page)]).toEqual([view, [], 0]);
    }
    await go(page, "#/payouts");
    await page.getByRole("link", { name: /^pay-/ }).last().click();
    await page.getByRole("searchbox").waitFor();
    expect([await accessibilityProblems(page), await tooWide(page)]).toEqual([[], 0]);
    expect(errors).toEqual([]);
    await context.close();
  });
});

test("by keyboard alone one gets from view to view", async () => {
  const { page, context } = await opened();
  // The first view does not wait for what views there are.
  await page.getByRole("link", { name: "Stack" }).waitFor();
  for (const view of ["Stack", "Payouts"]) {
    await page.keyboard.press("Tab");
    expect(await page.evaluate("document.activeElement.textContent")).toBe(view);
  }
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Payouts" }).waitFor();
  expect(await page.getByRole("link", { name: "Payouts" }).getAttribute("aria-current")).toBe("page");
  await context.close();
});
