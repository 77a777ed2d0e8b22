import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import http from "node:http";
import https from "node:https";
import { pipeline } from "node:stream/promises";
import { errorMessage } from "../common/errors.ts";

/** How long a server may keep quiet, in ms. */
export interface DownloadLimits {
  /** Until it answers at all. */
  readonly answerMs: number;
  /** Between two pieces of the answer. */
  readonly stallMs: number;
}

export const usualLimits: DownloadLimits = { answerMs: 5_000, stallMs: 30_000 };

/** Something could not be downloaded, or is not what it should be. */
export class DownloadError extends Error {
  constructor(url: string, reason: string) {
    super(`${url}: ${reason}`);
    this.name = "DownloadError";
  }
}

const mostRedirects = 5;

/** @returns the text at an address. @throws DownloadError */
export async function downloadText(url: string, limits: DownloadLimits): Promise<string> {
  const chunks: Buffer[] = [];
  await receive(url, limits, async (answer) => {
    for await (const chunk of answer) chunks.push(chunk as Buffer);
  });
  return Buffer.concat(chunks).toString("utf8");
}

/**
 * Downloads a file whose hash is known.
 * @param digest hexadecimal; its length tells SHA-1 (40 digits) from SHA-256 (64) and SHA-512 (128)
 * @throws DownloadError, also for a file of another hash; what is in `file` is then worthless
 */
export async function downloadFile(url: string, file: string, digest: string, limits: DownloadLimits): Promise<void> {
  const hash = createHash(algorithm(url, digest));
  await receive(url, limits, (answer) => {
    answer.on("data", (chunk: Buffer) => hash.update(chunk));
    return pipeline(answer, createWriteStream(file));
  });
  const actual = hash.digest("hex");
  if (actual !== digest.toLowerCase()) throw new DownloadError(url, `its checksum is ${actual}, published is ${digest.toLowerCase()}`);
}

function algorithm(url: string, digest: string): string {
  const found = { 40: "sha1", 64: "sha256", 128: "sha512" }[digest.length];
  if (found === undefined || !/^[0-9a-f]+$/i.test(digest)) throw new DownloadError(url, `its published checksum "${digest}" is none`);
  return found;
}

/**
 * @param checksums lines of `<hexadecimal>  <file>`, as sha256sum and shasum write them
 * @returns the file's checksum; undefined where none is published
 */
export function publishedChecksum(checksums: string, file: string): string | undefined {
  for (const line of checksums.split("\n")) {
    const [digest, name] = line.trim().split(/\s+\*?/);
    if (name?.replace(/^\.\//, "") === file) return digest;
  }
  return undefined;
}

async function receive(url: string, limits: DownloadLimits, consume: (answer: http.IncomingMessage) => Promise<void>): Promise<void> {
  try {
    const answer = await request(new URL(url), limits, mostRedirects);
    answer.setTimeout(limits.stallMs, () => answer.destroy(new Error(`nothing came for ${limits.stallMs / 1000} s`)));
    await consume(answer);
  } catch (error) {
    throw error instanceof DownloadError ? error : new DownloadError(url, errorMessage(error));
  }
}

/** A redirect never leads from https to anything else. Pure. */
export function keepsSecrecy(from: URL, to: URL): boolean {
  return from.protocol !== "https:" || to.protocol === "https:";
}

/** Follows redirects. Proxies are the environment's (Node 24.5 and newer). */
function request(url: URL, limits: DownloadLimits, redirects: number): Promise<http.IncomingMessage> {
  const { get, Agent } = url.protocol === "http:" ? http : https;
  const agent = new Agent({ proxyEnv: process.env });
  return new Promise((done, fail) => {
    const asked = get(url, { agent }, (answer) => {
      clearTimeout(timer);
      const { statusCode = 0, headers } = answer;
      if (statusCode === 200) return done(answer);
      answer.destroy();
      if (statusCode >= 300 && statusCode < 400 && headers.location !== undefined && redirects > 0) {
        const next = new URL(headers.location, url);
        if (keepsSecrecy(url, next)) return done(request(next, limits, redirects - 1));
        return fail(new DownloadError(url.href, `it leads from https to ${next.href}, which anybody on the way could change`));
      }
      fail(new DownloadError(url.href, `the server answered ${statusCode}`));
    });
    const timer = setTimeout(() => asked.destroy(new Error(`no answer within ${limits.answerMs / 1000} s`)), limits.answerMs);
    asked.once("error", (error) => {
      clearTimeout(timer);
      fail(error);
    });
  });
}
