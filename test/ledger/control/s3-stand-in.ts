import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** An object that was put. */
export interface Put {
  readonly bucket: string;
  readonly key: string;
  readonly content: Buffer;
  readonly headers: IncomingHttpHeaders;
}

/** What the stand-in does with a request: take it, refuse it, fail, or leave it without an answer. */
export type Behaviour = (put: Put) => "take" | "refuse" | "fail" | "hang";

/** As much of S3 as an export uses: it records objects that are put, path style. */
export interface S3StandIn {
  readonly url: string;
  /** What it took. */
  readonly puts: Put[];
  /** Every request's key, taken or not. */
  readonly asked: string[];
  behave(behaviour: Behaviour): void;
  /** Resolves with the next request for a key that fits. */
  asksFor(key: RegExp): Promise<void>;
  close(): Promise<void>;
}

export async function startS3(): Promise<S3StandIn> {
  const puts: Put[] = [];
  const asked: string[] = [];
  const waiting: { readonly key: RegExp; readonly resolve: () => void }[] = [];
  let behaviour: Behaviour = () => "take";
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const [, bucket = "", key = ""] =
        /^\/([^/]+)\/(.*)$/.exec(decodeURIComponent(new URL(request.url ?? "/", "http://s3").pathname)) ?? [];
      const put = { bucket, key, content: Buffer.concat(chunks), headers: request.headers };
      asked.push(key);
      const what = request.method === "PUT" ? behaviour(put) : "refuse";
      if (what === "take") {
        puts.push(put);
        response.writeHead(200, { ETag: '"x"' }).end();
      } else if (what === "refuse") response.writeHead(404).end(xmlError("NoSuchBucket", "The specified bucket does not exist"));
      else if (what === "fail") response.writeHead(503).end(xmlError("SlowDown", "Reduce your request rate"));
      for (const { key: wanted, resolve } of waiting) if (wanted.test(key)) resolve();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    puts,
    asked,
    behave: (next) => {
      behaviour = next;
    },
    asksFor: (key) =>
      new Promise((resolve) => {
        waiting.push({ key, resolve });
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function xmlError(code: string, message: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
}
