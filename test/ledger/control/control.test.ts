import { createRequire } from "node:module";
import {
  CreateLedgerCommand,
  DeleteLedgerCommand,
  DescribeLedgerCommand,
  GetBlockCommand,
  GetDigestCommand,
  GetRevisionCommand,
  ListLedgersCommand,
  ListTagsForResourceCommand,
  QLDBClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateLedgerCommand,
  UpdateLedgerPermissionsModeCommand,
} from "@aws-sdk/client-qldb";
import { type dom, load } from "ion-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, credentials, place, startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";

let server: TestServer;
let client: QLDBClient;
beforeAll(async () => {
  server = await startServer();
  client = new QLDBClient({ endpoint: server.url, region: place.region, credentials, maxAttempts: 1 });
});
afterAll(async () => {
  client.destroy();
  await server.close();
  expect(server.logged).toEqual([]);
});

test("ARNs name the client's region, and are found in it", async () => {
  const abroad = new QLDBClient({ endpoint: server.url, region: "eu-central-1", credentials, maxAttempts: 1 });
  const arn = "arn:aws:qldb:eu-central-1:000000000000:ledger/abroad";
  expect(await abroad.send(new CreateLedgerCommand({ Name: "abroad", PermissionsMode: "ALLOW_ALL" }))).toMatchObject({ Arn: arn });
  expect(await abroad.send(new DescribeLedgerCommand({ Name: "abroad" }))).toMatchObject({ Arn: arn });
  expect(await abroad.send(new UpdateLedgerCommand({ Name: "abroad", DeletionProtection: false }))).toMatchObject({ Arn: arn });
  const mode = new UpdateLedgerPermissionsModeCommand({ Name: "abroad", PermissionsMode: "STANDARD" });
  expect(await abroad.send(mode)).toMatchObject({ Arn: arn });
  await abroad.send(new TagResourceCommand({ ResourceArn: arn, Tags: { a: "1" } }));
  expect(await abroad.send(new ListTagsForResourceCommand({ ResourceArn: arn }))).toMatchObject({ Tags: { a: "1" } });
  const other = new ListTagsForResourceCommand({ ResourceArn: arn.replace("eu-central-1", "eu-west-1") });
  await expect(abroad.send(other)).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await expect(client.send(new ListTagsForResourceCommand({ ResourceArn: arn }))).rejects.toThrow("there is no resource");
  await abroad.send(new DeleteLedgerCommand({ Name: "abroad" }));
  abroad.destroy();
});

test("a ledger's life: made, described, listed, protected, deleted, made again", async () => {
  const made = await client.send(new CreateLedgerCommand({ Name: "life", PermissionsMode: "STANDARD", Tags: { a: "1" } }));
  expect(made).toMatchObject({ Name: "life", State: "ACTIVE", DeletionProtection: true, PermissionsMode: "STANDARD" });
  expect(made.Arn).toBe("arn:aws:qldb:us-east-1:000000000000:ledger/life");
  expect(Math.abs((made.CreationDateTime?.getTime() ?? 0) - Date.now())).toBeLessThan(60_000);
  expect(await client.send(new DescribeLedgerCommand({ Name: "life" }))).toMatchObject({
    Name: "life",
    State: "ACTIVE",
    DeletionProtection: true,
  });
  expect((await client.send(new ListLedgersCommand({}))).Ledgers?.map(({ Name }) => Name)).toEqual(["demo", "life"]);
  const first = await client.send(new ListLedgersCommand({ MaxResults: 1 }));
  expect(first.Ledgers?.map(({ Name }) => Name)).toEqual(["demo"]);
  const second = await client.send(new ListLedgersCommand({ MaxResults: 1, NextToken: first.NextToken }));
  expect([second.Ledgers?.map(({ Name }) => Name), second.NextToken]).toEqual([["life"], undefined]);
  await expect(client.send(new DeleteLedgerCommand({ Name: "life" }))).rejects.toMatchObject({
    name: "ResourcePreconditionNotMetException",
    $metadata: { httpStatusCode: 412 },
  });
  expect(await client.send(new UpdateLedgerCommand({ Name: "life", DeletionProtection: false }))).toMatchObject({
    DeletionProtection: false,
  });
  expect(await client.send(new UpdateLedgerPermissionsModeCommand({ Name: "life", PermissionsMode: "ALLOW_ALL" }))).toMatchObject({
    PermissionsMode: "ALLOW_ALL",
  });
  await client.send(new DeleteLedgerCommand({ Name: "life" }));
  await expect(client.send(new DescribeLedgerCommand({ Name: "life" }))).rejects.toMatchObject({ name: "ResourceNotFoundException" });
  await client.send(new CreateLedgerCommand({ Name: "life", PermissionsMode: "STANDARD", DeletionProtection: false }));
  await client.send(new DeleteLedgerCommand({ Name: "life" }));
});

test("what is refused, by its name and status", async () => {
  const refused = (name: string, httpStatusCode: number) => ({ name, $metadata: { httpStatusCode } });
  await expect(client.send(new CreateLedgerCommand({ Name: "demo", PermissionsMode: "STANDARD" }))).rejects.toMatchObject(
    refused("ResourceAlreadyExistsException", 409),
  );
  for (const Name of ["1", "-a", "a-", "a--b", "a_b", "x".repeat(33)]) {
    await expect(client.send(new CreateLedgerCommand({ Name, PermissionsMode: "STANDARD" })), Name).rejects.toMatchObject(
      refused("InvalidParameterException", 400),
    );
  }
  await expect(client.send(new UpdateLedgerCommand({ Name: "nothing" }))).rejects.toMatchObject(refused("ResourceNotFoundException", 404));
  await expect(client.send(new DeleteLedgerCommand({ Name: "nothing" }))).rejects.toMatchObject(refused("ResourceNotFoundException", 404));
  await expect(client.send(new GetDigestCommand({ Name: "nothing" }))).rejects.toMatchObject(refused("ResourceNotFoundException", 404));
  await expect(client.send(new GetDigestCommand({ Name: "demo" }))).rejects.toMatchObject(
    refused("ResourcePreconditionNotMetException", 412),
  );
  await expect(client.send(new ListLedgersCommand({ MaxResults: 1000 }))).rejects.toMatchObject(refused("InvalidParameterException", 400));
});

test("tags", async () => {
  const ResourceArn = "arn:aws:qldb:us-east-1:000000000000:ledger/demo";
  await client.send(new TagResourceCommand({ ResourceArn, Tags: { team: "payments", "a/b c": "ü" } }));
  await client.send(new TagResourceCommand({ ResourceArn, Tags: { team: "other" } }));
  expect((await client.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags).toEqual({ team: "other", "a/b c": "ü" });
  await client.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["a/b c", "unknown"] }));
  expect((await client.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags).toEqual({ team: "other" });
  const tooMany = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ""]));
  await expect(client.send(new TagResourceCommand({ ResourceArn, Tags: tooMany }))).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
  await expect(client.send(new ListTagsForResourceCommand({ ResourceArn: `${ResourceArn}x` }))).rejects.toMatchObject({
    name: "ResourceNotFoundException",
  });
});

/** The driver's hash, as AWS's own verification sample folds a proof with it. */
interface DriverHash {
  dot(other: DriverHash): DriverHash;
  getQldbHash(): Uint8Array;
}
const { QldbHash } = createRequire(import.meta.url)("amazon-qldb-driver-nodejs/dist/src/QldbHash.js") as {
  QldbHash: { new (hash: Uint8Array): DriverHash };
};

function ion(holder: { readonly IonText?: string | undefined } | undefined): dom.Value {
  const value = load(holder?.IonText ?? "");
  if (value === null) throw new Error("no Ion");
  return value;
}

function bytes(value: dom.Value | null | undefined): Uint8Array {
  const found = value?.uInt8ArrayValue();
  if (found === null || found === undefined) throw new Error("no hash");
  return found;
}

/** Folds a proof over a leaf, and compares with the digest. */
function proves(leaf: Uint8Array, proof: dom.Value, digest: Uint8Array | undefined): boolean {
  const folded = proof.elements().reduce((joined, hash) => joined.dot(new QldbHash(bytes(hash))), new QldbHash(leaf));
  return Buffer.from(folded.getQldbHash()).equals(digest ?? Buffer.alloc(0));
}

test("every block and revision is proved by the digest", async () => {
  await server.registry.create({ name: "proofs", permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  const session = await RawSession.start(server.url, "proofs");
  await session.run("CREATE TABLE T");
  for (let count = 0; count < 6; count++)
    await session.run(`INSERT INTO T <<{'n': ${count}}, {'n': 0}, {'n': 1}>>`, "UPDATE T SET m = 1 WHERE n = 5");
  await session.run("DELETE FROM T WHERE n = 3");
  const { Digest, DigestTipAddress } = await client.send(new GetDigestCommand({ Name: "proofs" }));
  expect(Digest).toHaveLength(32);
  const tip = ion(DigestTipAddress).get("sequenceNo")?.numberValue() ?? -1;
  expect(tip).toBe(7);
  const strandId = ion(DigestTipAddress).get("strandId")?.stringValue();
  for (let sequenceNo = 0; sequenceNo <= tip; sequenceNo++) {
    const BlockAddress = { IonText: `{strandId: "${strandId}", sequenceNo: ${sequenceNo}}` };
    const { Block, Proof } = await client.send(new GetBlockCommand({ Name: "proofs", BlockAddress, DigestTipAddress }));
    const block = ion(Block);
    expect(proves(bytes(block.get("blockHash")), ion(Proof), Digest)).toBe(true);
    expect(proves(new Uint8Array(32), ion(Proof), Digest)).toBe(false);
    const plain = await client.send(new GetBlockCommand({ Name: "proofs", BlockAddress }));
    expect([plain.Block, plain.Proof]).toEqual([Block, undefined]);
    // Each block is linked to the one before.
    const entries = new QldbHash(bytes(block.get("entriesHash")));
    const before = bytes(block.get("previousBlockHash"));
    const linked = before.length === 0 ? entries : entries.dot(new QldbHash(before));
    expect(Buffer.from(linked.getQldbHash()).equals(bytes(block.get("blockHash")))).toBe(true);
    for (const revision of block.get("revisions")?.elements() ?? []) {
      const DocumentId = revision.get("metadata")?.get("id")?.stringValue() ?? undefined;
      if (DocumentId === undefined) continue;
      const answer = await client.send(new GetRevisionCommand({ Name: "proofs", BlockAddress, DocumentId, DigestTipAddress }));
      expect(ion(answer.Revision).ionEquals(revision)).toBe(true);
      expect(proves(bytes(revision.get("hash")), ion(answer.Proof), Digest)).toBe(true);
    }
  }
  // A digest stays good: later blocks do not change the proof up to its tip.
  await session.run("INSERT INTO T VALUE {'n': 9}");
  const BlockAddress = { IonText: `{strandId: "${strandId}", sequenceNo: 2}` };
  const { Block, Proof } = await client.send(new GetBlockCommand({ Name: "proofs", BlockAddress, DigestTipAddress }));
  expect(proves(bytes(ion(Block).get("blockHash")), ion(Proof), Digest)).toBe(true);
});

test("addresses that are not in the journal", async () => {
  const driver = connect(server.url);
  await driver.executeLambda((transaction) => transaction.execute("CREATE TABLE X"));
  driver.close();
  const { DigestTipAddress } = await client.send(new GetDigestCommand({ Name: "demo" }));
  const address = DigestTipAddress?.IonText ?? "";
  for (const IonText of [
    "",
    "{",
    "5",
    "{sequenceNo: 0}",
    address.replace(/sequenceNo: ?\d+/, "sequenceNo: 99"),
    '{strandId: "x", sequenceNo: 0}',
  ]) {
    await expect(client.send(new GetBlockCommand({ Name: "demo", BlockAddress: { IonText } })), IonText).rejects.toMatchObject({
      name: "InvalidParameterException",
    });
  }
  await expect(
    client.send(new GetRevisionCommand({ Name: "demo", BlockAddress: { IonText: address }, DocumentId: "nothing" })),
  ).rejects.toMatchObject({
    name: "InvalidParameterException",
  });
});
