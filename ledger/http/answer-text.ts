import { STATUS_CODES } from "node:http";
import type { Answer } from "./exchange.ts";

/** Writes answers as they go over the wire. The date changes once a second: it is kept meanwhile. */
export class AnswerTexts {
  private readonly now: () => number;
  private readonly endings: { readonly keep: string; readonly close: string };
  private second = Number.NaN;
  private date = "";

  /**
   * @param now milliseconds since 1970
   * @param idleMs how long a connection stays open without a request
   */
  constructor(now: () => number, idleMs: number) {
    this.now = now;
    this.endings = {
      keep: `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleMs / 1000)}\r\n\r\n`,
      close: "Connection: close\r\n\r\n",
    };
  }

  /**
   * @param keep whether the connection stays open
   * @param withBody false for HEAD: the length is told, the body left out
   * @returns text whose every character is one byte
   */
  text({ status, headers, body }: Answer, keep: boolean, withBody: boolean): string {
    const ending = keep ? this.endings.keep : this.endings.close;
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${headers}Content-Length: ${body.length}\r\n${this.dateLine()}${ending}`;
    return withBody ? head + body : head;
  }

  private dateLine(): string {
    const second = Math.floor(this.now() / 1000);
    if (second !== this.second) {
      this.second = second;
      this.date = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
    }
    return this.date;
  }
}
