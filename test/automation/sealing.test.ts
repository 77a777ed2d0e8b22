import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { listedKeys, presentRun, readSealing, saysUnsealed, sealedBecause } from "../../automation/sealing.ts";
import { sharePrefix } from "../../key-feeder/contract.ts";

it("knows the service's word for being unsealed from the rest of its log", () => {
  expect(saysUnsealed('{"level":"info","message":"zebpayApiKey is loaded in secrets!"}')).toBe(true);
  expect(saysUnsealed('{"level":"info","message":"waiting for shares"}')).toBe(false);
});

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
  const service = { name: "s", created: "2026-11-24T00:50:38Z", finishedAt: "0001-01-01T00:00:00Z" };
  const keys = [`${sharePrefix}_a`, `${sharePrefix}_b`, "set-aside/2026/c", "unrelated"];
  const listing = `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`;
  const s3 = createServer((_, answer) => answer.end(listing));
  await once(s3.listen(0, "127.0.0.1"), "listening");
  const { port } = s3.address() as AddressInfo;
  try {
    const cause = "the service says: malformed secret key: cannot unseal";
    expect(await readSealing(engine, "alice", service, port)).toEqual({ sealed: true, shares: 2, aside: 1, cause });
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

it("counts what was logged since the run before ended, or since the container was made", () => {
  const created = "2026-11-24T00:50:38.003890544Z";
  expect(presentRun({ created, finishedAt: "0001-01-01T00:00:00Z" })).toEqual(new Date("2026-11-24T00:50:38.003Z"));
  expect(presentRun({ created, finishedAt: "2026-11-24T01:00:00Z" })).toEqual(new Date("2026-11-24T01:00:00Z"));
  const programSince = "2026-11-24T02:00:00Z";
  expect(presentRun({ created, finishedAt: "2026-11-24T01:00:00Z", programSince })).toEqual(new Date(programSince));
});
