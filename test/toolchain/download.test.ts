import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DownloadError, downloadFile, downloadText, keepsSecrecy, publishedChecksum } from "../../toolchain/download.ts";
import { testFolder } from "./folder.ts";
import { standIn } from "./server.ts";

const limits = { answerMs: 2_000, stallMs: 2_000 };
const content = Buffer.from("what was published");
const sha256 = createHash("sha256").update(content).digest("hex");
const sha1 = createHash("sha1").update(content).digest("hex");

async function download(url: string, digest = sha256, within = limits): Promise<Buffer> {
  const file = join(testFolder(), "file");
  await downloadFile(url, file, digest, within);
  return readFileSync(file);
}

describe("downloadFile", () => {
  it("takes a file whose SHA-256 or SHA-1 is the published one", async () => {
    const { url } = await standIn({ "/file": content });
    expect(await download(`${url}/file`)).toEqual(content);
    expect(await download(`${url}/file`, sha1)).toEqual(content);
  });

  it("follows a redirect", async () => {
    const { url, asked } = await standIn({ "/old": (response) => response.writeHead(302, { location: "/file" }).end(), "/file": content });
    expect(await download(`${url}/old`)).toEqual(content);
    expect(asked).toEqual(["/old", "/file"]);
  });

  it.each([
    ["https://a.example/x", "http://a.example/x", false],
    ["https://a.example/x", "ftp://a.example/x", false],
    ["https://a.example/x", "https://b.example/x", true],
    ["http://127.0.0.1/x", "https://b.example/x", true],
    ["http://127.0.0.1/x", "http://127.0.0.1/y", true],
  ])("from %s to %s: %s", (from, to, allowed) => expect(keepsSecrecy(new URL(from), new URL(to))).toBe(allowed));

  it("gives up on redirects that lead nowhere", async () => {
    const { url } = await standIn({ "/old": (response) => response.writeHead(302, { location: "/old" }).end() });
    await expect(download(`${url}/old`)).rejects.toThrow("the server answered 302");
  });

  it("refuses a file of another checksum, and names both", async () => {
    const { url } = await standIn({ "/file": "something else" });
    const other = createHash("sha256").update("something else").digest("hex");
    await expect(download(`${url}/file`)).rejects.toThrow(`its checksum is ${other}, published is ${sha256}`);
  });

  it("refuses a checksum that is none", async () => {
    const { url } = await standIn({ "/file": content });
    await expect(download(`${url}/file`, "<html>")).rejects.toThrow('its published checksum "<html>" is none');
  });

  it("fails for a file that ends too early", async () => {
    const cut = await standIn({
      "/file": (response) => {
        response.writeHead(200, { "content-length": content.length });
        response.write(content.subarray(0, 4), () => response.destroy());
      },
    });
    await expect(download(`${cut.url}/file`)).rejects.toThrow(DownloadError);
  });

  it("fails for a missing file", async () => {
    const { url } = await standIn({});
    await expect(download(`${url}/file`)).rejects.toThrow(`${url}/file: the server answered 404`);
  });

  it("waits no longer than the limit for an answer", async () => {
    const { url } = await standIn({ "/file": () => undefined });
    await expect(download(`${url}/file`, sha256, { ...limits, answerMs: 50 })).rejects.toThrow("no answer within 0.05 s");
  });

  it("waits no longer than the limit between two pieces", async () => {
    const { url } = await standIn({ "/file": (response) => response.writeHead(200, { "content-length": 99 }).write("x") });
    await expect(download(`${url}/file`, sha256, { ...limits, stallMs: 50 })).rejects.toThrow("nothing came for 0.05 s");
  });

  it("fails where nobody listens", async () => {
    await expect(downloadText("http://127.0.0.1:1/file", limits)).rejects.toThrow(DownloadError);
  });
});

describe("publishedChecksum", () => {
  it("reads what sha256sum and shasum write", () => {
    expect(publishedChecksum(`aa  other.tar.gz\n${sha256}  file.tar.gz\n`, "file.tar.gz")).toBe(sha256);
    expect(publishedChecksum(`${sha1}  ./file.tar.gz\n`, "file.tar.gz")).toBe(sha1);
    expect(publishedChecksum(`${sha256} *file.tar.gz\n`, "file.tar.gz")).toBe(sha256);
  });

  it("finds nothing in a page that a proxy put in its place", () => {
    expect(publishedChecksum("<html>\n<body>file.tar.gz is blocked</body>\n</html>", "file.tar.gz")).toBeUndefined();
  });
});
