import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { LedgerHttp } from "../../ledger/client/http.ts";
import { LedgerClient } from "../../ledger/client/session.ts";
import { startServe } from "../cli/ledger/start-serve.ts";
import { accessibilityProblems, allLooks, openInBrowser, startBrowser, tooWide } from "./browser.ts";

// `nitro ledger serve --page` in a real browser.

const folder = mkdtempSync(join(tmpdir(), "nitro-ledger-page-"));
let browser: Browser | undefined;
let hindrance: string | undefined;
let served: ReturnType<typeof startServe>;
let address: string;

beforeAll(async () => {
  const started = await startBrowser();
  if (typeof started === "string") hindrance = started;
  else browser = started;
  served = startServe(folder, ["--port", "0", "--page"]);
  const client = new LedgerClient(new LedgerHttp(await served.url(), ""), "ledger");
  address = /^page: (\S+)$/m.exec(served.output.stdout)?.[1] ?? "";
  for (const statement of [
    "CREATE TABLE people",
    "CREATE INDEX ON people (name)",
    "INSERT INTO people <<{'name': 'Ann', 'address': {'city': 'Bern'}, 'tags': ['a', 'b']}, {'name': '<img src=x onerror=alert(1)>'}>>",
    "UPDATE people SET address.city = 'Basel', age = 41 WHERE name = 'Ann'",
    "UPDATE people AS p SET p.age = 42 WHERE p.name = 'Ann'",
  ])
    await client.execute(statement);
  await client.close();
});

beforeEach((context) => {
  if (hindrance !== undefined) context.skip(hindrance);
});

afterAll(async () => {
  await browser?.close();
  served.child.kill();
  await served.ended;
  rmSync(folder, { recursive: true, force: true });
});

/** A page on the ledger. */
async function opened(looks = allLooks[0]) {
  if (browser === undefined || looks === undefined) throw new Error("there is no browser");
  return await openInBrowser(browser, address, looks);
}

describe.each(allLooks)("at $width pixels, $colorScheme", (looks) => {
  test("the ledger and a history have no problem of accessibility, and fit the window", async () => {
    const { page, context, errors } = await opened(looks);
    await page.getByRole("button", { name: "people" }).click();
    await page.getByText("2 rows").waitFor();
    expect([await accessibilityProblems(page), await tooWide(page)]).toEqual([[], 0]);
    await page
      .getByRole("link", { name: /^[0-9A-Za-z]{22}$/ })
      .first()
      .click();
    await page.getByText("Version 2").waitFor();
    await page.getByText("3 revisions, 3 proved in this page").waitFor();
    expect([await accessibilityProblems(page), await tooWide(page)]).toEqual([[], 0]);
    expect(errors).toEqual([]);
    await context.close();
  });
});

test("by keyboard alone a statement is run, its error found and mended", async () => {
  const { page, context, errors } = await opened();
  const box = page.getByRole("textbox", { name: "Statement" });
  await box.focus();
  await page.keyboard.type("SELECT name FROM people WHER name = ?");
  await page.keyboard.press("Control+Enter");
  const alert = page.getByRole("alert");
  await alert.getByText("at line 1, column 30").waitFor();
  expect(await alert.locator("mark").innerText()).toBe("n");
  expect(await page.evaluate("document.activeElement.selectionStart")).toBe(29);
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  await page.keyboard.type("SELECT name FROM people WHERE name = ?");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.type('"Ann"');
  await page.keyboard.press("Control+Enter");
  await page.getByRole("cell", { name: "Ann" }).waitFor();
  await page.getByRole("button", { name: "Explain" }).focus();
  await page.keyboard.press("Enter");
  await page.getByText("index on name").waitFor();
  expect(errors).toEqual([]);
  await context.close();
});

test("a history shows what each revision changed", async () => {
  const { page, context } = await opened();
  await page.getByRole("button", { name: "people" }).click();
  await page.getByRole("row", { name: /Ann/ }).getByRole("link").click();
  await page.getByText("Version 0").waitFor();
  const differences = await page
    .locator(".revisions li")
    .evaluateAll((items) => items.map((item) => item.querySelector("dl")?.textContent));
  expect(differences).toEqual(["age4142", 'address.city"Bern""Basel"age41', 'name"Ann"address.city"Bern"tags["a", "b"]']);
  await context.close();
});

test("a proof that a server has made up is told", async () => {
  const { page, context } = await opened();
  await page.route("**/api/ledger/proof?*", async (route) => {
    const answer = await route.fetch();
    const proof = (await answer.json()) as { digest: string };
    await route.fulfill({ response: answer, json: { ...proof, digest: Buffer.alloc(32, 7).toString("base64") } });
  });
  await page.getByRole("button", { name: "people" }).click();
  await page.getByRole("row", { name: /Ann/ }).getByRole("link").click();
  await page.getByText("3 revisions, 0 proved in this page").waitFor();
  const badges = page.getByText("not proved: its hash and the proof do not give the digest");
  await badges.nth(2).waitFor();
  expect(await badges.count()).toBe(3);
  await context.close();
});

test("what a document says is text, never markup", async () => {
  const { page, context, errors } = await opened();
  await page.getByRole("button", { name: "people" }).click();
  await page.getByText("<img src=x onerror=alert(1)>").waitFor();
  expect(await page.locator("img").count()).toBe(0);
  expect(errors).toEqual([]);
  await context.close();
});

test("the token leaves the address, stays for the tab, and nobody gets in without it", async () => {
  const { page, context } = await opened();
  await page.getByRole("button", { name: "people" }).waitFor();
  expect(page.url()).not.toContain("token");
  await page.reload();
  await page.getByRole("button", { name: "people" }).waitFor();
  const other = await context.newPage();
  await other.goto(new URL("/", address).href);
  await other.getByRole("alert").getByText("the token is missing or another one").waitFor();
  expect(await other.getByRole("button").count()).toBe(0);
  await context.close();
});

test("another site's page cannot ask its server, nor show it in a frame", async () => {
  const { page, context } = await opened();
  const origin = new URL(address).origin;
  await page.route("http://page.example/", (route) =>
    route.fulfill({ contentType: "text/html", body: `<iframe src="${origin}/"></iframe>` }),
  );
  await page.goto("http://page.example/");
  const outcome = await page.evaluate(async (url) => {
    const read = await fetch(`${url}/api/about`).catch(() => "refused");
    return read;
  }, origin);
  expect(outcome).toBe("refused");
  expect(
    await page
      .frames()[1]
      ?.evaluate("document.body.innerText")
      .catch(() => "refused"),
  ).not.toContain("nitro");
  await context.close();
});
