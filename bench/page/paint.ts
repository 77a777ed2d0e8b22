import type { Browser } from "playwright-core";

/** When a page was seen, in ms after it was asked for. */
export interface Painted {
  /** Anything at all: https://www.w3.org/TR/paint-timing/#first-contentful-paint */
  readonly first: number;
  /** All parts of the stack, or all rows. */
  readonly whole: number;
}

/** Notes when what is looked for is in the document, and waits there for the frame that shows it. */
const noteWhole = (selector: string) => `
  const look = () => {
    if (document.querySelector(${JSON.stringify(selector)}) === null) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => { globalThis.wholeAt = performance.now(); }));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
`;

/** Both times, as soon as they are known. */
const painted = `new Promise((done) => {
  const look = () => {
    const [first] = performance.getEntriesByName("first-contentful-paint");
    if (first === undefined || globalThis.wholeAt === undefined) setTimeout(look, 10);
    else done({ first: first.startTime, whole: Math.max(first.startTime, globalThis.wholeAt) });
  };
  look();
})`;

/** Opens a page in a browser that knows nothing of it yet. @param selector of what is drawn last */
export async function paint(browser: Browser, address: string, selector: string): Promise<Painted> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  try {
    const page = await context.newPage();
    await page.addInitScript(noteWhole(selector));
    await page.goto(address);
    return await page.evaluate(painted);
  } finally {
    await context.close();
  }
}
