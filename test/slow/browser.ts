import { existsSync } from "node:fs";
import axe from "axe-core";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { aptInstall, canInstallPackages } from "../../toolchain/apt.ts";

/** Where Debian and others have it. */
const programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts Chromium, which is installed from Debian where it is missing and that may be. @returns why there is none, where there is none */
export async function startBrowser(): Promise<Browser | string> {
  if (!programs.some((file) => existsSync(file))) {
    if (!canInstallPackages()) return "there is no Chromium, and this is no Debian as root: install chromium";
    await aptInstall(["chromium", "fonts-dejavu-core"], process.env, () => {});
  }
  const executablePath = programs.find((file) => existsSync(file));
  // Its sandbox wants another user than root.
  return chromium.launch({ executablePath, args: process.getuid?.() === 0 ? ["--no-sandbox"] : [] });
}

export interface Looks {
  readonly width: number;
  readonly colorScheme: "light" | "dark";
}

/** What the page has to be fit for. */
export const allLooks: readonly Looks[] = [
  { width: 1200, colorScheme: "light" },
  { width: 1200, colorScheme: "dark" },
  { width: 400, colorScheme: "light" },
  { width: 400, colorScheme: "dark" },
];

/** A page in a browser of its own, and what went wrong in it. */
export interface OpenedPage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Errors of its script, and what its policy refused. */
  readonly errors: readonly string[];
}

export async function openInBrowser(browser: Browser, address: string, { width, colorScheme }: Looks): Promise<OpenedPage> {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme, reducedMotion: "reduce" });
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) errors.push(message.text());
  });
  await page.goto(address);
  return { page, context, errors };
}

/** @returns what axe finds wrong for people who do not see, or see little, or use no mouse: the rule and the place, each */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  return await page.evaluate(async () => {
    const { violations } = await (globalThis as unknown as { axe: typeof axe }).axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary ?? ""}`));
  });
}

/** By how many pixels the page is wider than the window: one would have to scroll to both sides. */
export async function tooWide(page: Page): Promise<number> {
  return await page.evaluate("document.documentElement.scrollWidth - innerWidth");
}
