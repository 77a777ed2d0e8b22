import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "playwright-core";

/** A page without any script, which is all there is to send. */
export interface PlainPage {
  readonly address: string;
  readonly bytes: number;
  stop(): void;
}

/** What a page shows now, as markup with the style inside it: what a server that has it ready could send at best. */
export async function markupOf(page: Page): Promise<string> {
  return await page.evaluate(`(async () => {
    const style = await (await fetch("/style.css")).text();
    const copy = document.documentElement.cloneNode(true);
    for (const each of copy.querySelectorAll("script, link")) each.remove();
    return "<!doctype html><html lang=en><head><style>" + style + "</style></head>" + copy.querySelector("body").outerHTML + "</html>";
  })()`);
}

/** The same page with a table that has all rows in it, as one writes a table who thinks of nothing. */
export function withAllRows(markup: string, count: number): string {
  const [row] = /<tr class="row".*?<\/tr>/.exec(markup) ?? [];
  if (row === undefined) throw new Error("there is no row in the page");
  const rows = Array.from({ length: count }, (_, index) => row.replaceAll(/payee-\d+/g, `payee-${index + 1}`)).join("");
  return markup.replace(/<tbody>.*?<\/tbody>/s, `<tbody>${rows}</tbody>`);
}

export async function servePlainPage(markup: string): Promise<PlainPage> {
  const content = Buffer.from(markup);
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", "content-length": content.length });
    response.end(content);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    address: `http://127.0.0.1:${port}/`,
    bytes: content.length,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
