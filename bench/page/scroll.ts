import type { Browser, Page } from "playwright-core";

/** How a long table scrolled. */
export interface Scrolled {
  /** Between two frames of the page, in ms, each. */
  readonly frames: readonly number[];
  /** The most rows that were in the document. */
  readonly rows: number;
  /** Frames in which something that was seen had no row. */
  readonly gaps: number;
}

/** Pixels in a second: a hand that wants to get somewhere. */
const speed = 4_000;
const distance = 12_000;

const record = `
  const box = document.querySelector(".long");
  const head = box.querySelector("thead").getBoundingClientRect().height;
  globalThis.scrolled = { frames: [], rows: 0, gaps: 0 };
  let before;
  const frame = (now) => {
    if (before !== undefined) scrolled.frames.push(now - before);
    before = now;
    const rows = box.querySelectorAll("tr.row");
    scrolled.rows = Math.max(scrolled.rows, rows.length);
    const seen = box.getBoundingClientRect();
    const covered = rows[0].getBoundingClientRect().top <= seen.top + head + 1 && rows[rows.length - 1].getBoundingClientRect().bottom >= seen.bottom - 30;
    if (!covered) scrolled.gaps += 1;
    globalThis.nextFrame = requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
`;

/** Scrolls the long table of a page by a gesture, as a mouse's wheel makes one. */
export async function scroll(page: Page): Promise<Scrolled> {
  const box = await page.locator(".long").boundingBox();
  if (box === null) throw new Error("there is no long table");
  const session = await page.context().newCDPSession(page);
  await page.evaluate(`{${record}}`);
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await session.send("Input.synthesizeScrollGesture", { ...at, yDistance: -distance, speed, gestureSourceType: "mouse" });
  return await page.evaluate("cancelAnimationFrame(nextFrame), scrolled");
}

interface LongTablePage {
  /** The part of the address after its "#"; empty where it is the whole page. */
  readonly place: string;
  /** The text that is there once all rows are known. */
  readonly ready: string;
  readonly rounds: number;
}

/** Opens a page in a window of its own and scrolls its table, several times. */
export async function openAndScroll(browser: Browser, address: string, { place, ready, rounds }: LongTablePage): Promise<Scrolled[]> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(address);
    if (place !== "") await page.evaluate(`location.hash = ${JSON.stringify(place)}`);
    await page.getByText(ready).first().waitFor();
    const all: Scrolled[] = [];
    for (let round = 0; round < rounds; round++) {
      await page.evaluate('document.querySelector(".long").scrollTop = 0');
      all.push(await scroll(page));
    }
    return all;
  } finally {
    await context.close();
  }
}
