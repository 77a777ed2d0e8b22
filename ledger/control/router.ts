import { createLedger } from "./create-ledger.ts";
import { deleteLedger } from "./delete-ledger.ts";
import { describeJournalS3Export } from "./describe-journal-s3-export.ts";
import { describeLedger } from "./describe-ledger.ts";
import { ControlError } from "./errors.ts";
import { explain } from "./explain.ts";
import { exportJournalToS3 } from "./export-journal-to-s3.ts";
import { conflict, hold } from "./gate.ts";
import { getBlock } from "./get-block.ts";
import { getBlocks } from "./get-blocks.ts";
import { getDigest } from "./get-digest.ts";
import { getRevision } from "./get-revision.ts";
import { listJournalS3Exports, listJournalS3ExportsForLedger } from "./list-journal-s3-exports.ts";
import { listLedgers } from "./list-ledgers.ts";
import type { Registry } from "./registry.ts";
import { replaceLedger, resetLedger } from "./replace-ledger.ts";
import type { ControlRequest } from "./request.ts";
import { listTags, tagResource, untagResource } from "./tags.ts";
import { updateLedger, updatePermissionsMode } from "./update-ledger.ts";

export interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

type Operation = (request: ControlRequest) => unknown;

const routes: readonly (readonly [method: string, pattern: RegExp, operation: Operation])[] = [
  ["POST", /^\/ledgers$/, createLedger],
  ["GET", /^\/ledgers$/, listLedgers],
  ["GET", /^\/ledgers\/([^/]+)$/, describeLedger],
  ["PATCH", /^\/ledgers\/([^/]+)$/, updateLedger],
  ["DELETE", /^\/ledgers\/([^/]+)$/, deleteLedger],
  ["PATCH", /^\/ledgers\/([^/]+)\/permissions-mode$/, updatePermissionsMode],
  ["POST", /^\/ledgers\/([^/]+)\/digest$/, getDigest],
  ["POST", /^\/ledgers\/([^/]+)\/block$/, getBlock],
  ["POST", /^\/ledgers\/([^/]+)\/revision$/, getRevision],
  ["POST", /^\/ledgers\/([^/]+)\/journal-s3-exports$/, exportJournalToS3],
  ["GET", /^\/ledgers\/([^/]+)\/journal-s3-exports$/, listJournalS3ExportsForLedger],
  ["GET", /^\/ledgers\/([^/]+)\/journal-s3-exports\/([^/]+)$/, describeJournalS3Export],
  ["GET", /^\/journal-s3-exports$/, listJournalS3Exports],
  ["POST", /^\/nitro\/ledgers\/([^/]+)\/blocks$/, getBlocks],
  ["POST", /^\/nitro\/ledgers\/([^/]+)\/explain$/, explain],
  ["POST", /^\/nitro\/ledgers\/([^/]+)\/reset$/, resetLedger],
  ["POST", /^\/nitro\/ledgers\/([^/]+)\/replace$/, replaceLedger],
  ["POST", /^\/nitro\/ledgers\/([^/]+)\/hold$/, hold],
  ["POST", /^\/nitro\/ledgers\/([^/]+)\/conflict$/, conflict],
  ["GET", /^\/tags\/(.+)$/, listTags],
  ["POST", /^\/tags\/(.+)$/, tagResource],
  ["DELETE", /^\/tags\/(.+)$/, untagResource],
];

/** What a request of the control plane came with. */
export interface ControlCall {
  readonly method: string;
  readonly url: URL;
  /** Its Authorization header: the credential's scope in it names the client's region. */
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** Finds and runs the operation of a request. @throws ControlError */
export async function answerControl(registry: Registry, { method, url, authorization, body }: ControlCall): Promise<ControlAnswer> {
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new ControlError("InvalidParameterException", "the request has to be an object");
  const region = regionOf(authorization) ?? registry.region;
  for (const [verb, pattern, operation] of routes) {
    const found = verb === method ? pattern.exec(url.pathname) : null;
    if (found === null) continue;
    const path = found.slice(1).map(decoded);
    return {
      status: 200,
      body: (await operation({ registry, region, path, query: url.searchParams, body: body as ControlRequest["body"] })) ?? {},
    };
  }
  throw new ControlError("ResourceNotFoundException", `there is no operation ${method} ${url.pathname}`);
}

/** From `Credential=KEY/DATE/REGION/SERVICE/aws4_request`. */
function regionOf(authorization: string | undefined): string | undefined {
  return /Credential=[^/,\s]+\/\d{8}\/([a-z]{2}(?:-[a-z0-9]+)+)\/[a-z-]+\/aws4_request/.exec(authorization ?? "")?.[1];
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new ControlError("InvalidParameterException", `"${part}" is not a valid part of a path`);
  }
}
