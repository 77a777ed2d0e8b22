import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { listedKeys, readSealing, sealedBecause } from "../../executable/sealing.ts";
import { sharePrefix } from "../../key-feeder/contract.ts";

it("says why a service is sealed that has shares enough", () => {
  expect(sealedBecause(1, "too few")).toBeUndefined();
  expect(sealedBecause(2, undefined)).toBeUndefined();
  expect(sealedBecause(2, "malformed secret key")).toBe("the service says: malformed secret key");
  expect(sealedBecause(3, undefined)).toBe("1 of them not of the same vault");
  expect(sealedBecause(4, "bad")).toBe("2 of them not of the same vault; the service says: bad");
});

it("takes the service's last words about its secrets, and not its answers to those who ask a sealed one", async () => {
  const lines = [
    '{"level":"info","message":"listening"}',
    '{"level":"error","message":"too few shares","error":"1 of 2"}',
    '{"level":"error","message":"cannot unseal","error":"malformed secret key"}',
    '{"level":"error","message":"prepare","error":"secrets are not yet loaded"}',
    '{"level":"error","message":"qldb","error":"connection refused"}',
  ];
  const engine = {
    host: "unix:///nowhere",
    exec: () => Promise.reject(new Error("nobody asks")),
    async *logs() {
      for (const line of lines) yield { stream: "stderr" as const, line };
    },
  };
  const run = { id: "c", name: "s", running: true, startedAt: "2026-11-24T00:50:38Z", created: "2026-11-24T00:50:38Z", ports: [] };
  const keys = [`${sharePrefix}_a`, `${sharePrefix}_b`, "set-aside/2026/c", "unrelated"];
  const listing = `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`;
  const s3 = createServer((_, answer) => answer.end(listing));
  await once(s3.listen(0, "127.0.0.1"), "listening");
  const { port } = s3.address() as AddressInfo;
  const notes = { root: mkdtempSync(join(tmpdir(), "nitro-sealing-")), stack: "alice" };
  try {
    const cause = "the service says: malformed secret key: cannot unseal";
    const service = { ...run, finishedAt: "0001-01-01T00:00:00Z" };
    expect(await readSealing(engine, service, port, notes)).toEqual({ sealed: true, shares: 2, aside: 1, cause });
  } finally {
    s3.close();
  }
});

it("reads the keys of a listing", () => {
  const listing =
    "<ListBucketResult><Contents><Key>abc2/operator-share_1</Key></Contents><Contents><Key>b</Key></Contents></ListBucketResult>";
  expect(listedKeys(listing)).toEqual(["abc2/operator-share_1", "b"]);
  expect(listedKeys("<ListBucketResult><KeyCount>0</KeyCount></ListBucketResult>")).toEqual([]);
});
