import { createHash } from "node:crypto";
import {
  CreateLedgerCommand,
  DeleteLedgerCommand,
  GetBlockCommand,
  GetDigestCommand,
  GetRevisionCommand,
  ListTagsForResourceCommand,
  QLDBClient,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateLedgerCommand,
} from "@aws-sdk/client-qldb";
import type { QldbDriver } from "amazon-qldb-driver-nodejs";
import { cryptoHasherProvider, makeHashReader } from "ion-hash-js";
import { type dom, dumpText, load, makeReader } from "ion-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, credentials, place, startServer, type TestServer } from "../server.ts";

// A registry of vehicles, as Amazon's sample applications for QLDB keep one: every step they take, with what they expect of it.
const name = "vehicle-registration";
let server: TestServer;
let control: QLDBClient;
let driver: QldbDriver;

beforeAll(async () => {
  server = await startServer();
  control = new QLDBClient({ endpoint: server.url, region: place.region, credentials, maxAttempts: 1 });
  await control.send(new CreateLedgerCommand({ Name: name, PermissionsMode: "ALLOW_ALL" }));
  driver = connect(server.url, { ledger: name });
  for (const [table, ...fields] of tables) {
    expect(await run(`CREATE TABLE ${table}`)).toHaveLength(1);
    for (const field of fields) expect(await run(`CREATE INDEX ON ${table} (${field})`)).toHaveLength(1);
  }
});
afterAll(async () => {
  driver.close();
  control.destroy();
  await server.close();
  expect(server.logged).toEqual([]);
});

const tables = [
  ["Person", "GovId"],
  ["Vehicle", "VIN"],
  ["VehicleRegistration", "LicensePlateNumber", "VIN"],
  ["DriversLicense", "LicenseNumber", "PersonId"],
] as const;

async function run(statement: string, ...parameters: readonly unknown[]): Promise<dom.Value[]> {
  return (await driver.executeLambda((transaction) => transaction.execute(statement, ...parameters))).getResultList();
}

async function idOf(table: string, field: string, value: string): Promise<string> {
  const [row] = await run(`SELECT id FROM ${table} AS t BY id WHERE t.${field} = ?`, value);
  return row?.get("id")?.stringValue() ?? "";
}

/** Registers a vehicle to a new person. @returns the person's id */
async function register(vin: string, govId: string): Promise<string> {
  // A list as parameter stands for several documents.
  const [person] = await run("INSERT INTO Person ?", [{ FirstName: "Ada", GovId: govId, DOB: load("1815-12-10T") }]);
  const personId = person?.get("documentId")?.stringValue() ?? "";
  const owners = { PrimaryOwner: { PersonId: personId }, SecondaryOwners: [] };
  await run("INSERT INTO Vehicle ?", [{ VIN: vin, Type: "Sedan", Year: 2011 }]);
  await run("INSERT INTO VehicleRegistration ?", [{ VIN: vin, LicensePlateNumber: `L-${vin}`, City: "Tacoma", Owners: owners }]);
  return personId;
}

test("owners are found, changed, added", async () => {
  const [first, second] = [await register("V1", "G1"), await register("V2", "G2")];
  expect(await idOf("Person", "GovId", "G1")).toBe(first);
  const [owner] = await run("SELECT Owners.PrimaryOwner.PersonId FROM VehicleRegistration AS v WHERE v.VIN = ?", "V1");
  expect(owner?.get("PersonId")?.stringValue()).toBe(first);
  const [person] = await run("SELECT p.* FROM Person AS p BY pid WHERE pid = ?", first);
  expect(person?.get("GovId")?.stringValue()).toBe("G1");
  const joined =
    "SELECT Vehicle FROM Vehicle INNER JOIN VehicleRegistration AS r ON Vehicle.VIN = r.VIN WHERE r.Owners.PrimaryOwner.PersonId = ?";
  expect((await run(joined, first)).map((row) => row.get("Vehicle", "VIN")?.stringValue())).toEqual(["V1"]);
  const transfer = "UPDATE VehicleRegistration AS r SET r.Owners.PrimaryOwner.PersonId = ? WHERE r.VIN = ?";
  expect(await run(transfer, second, "V1")).toHaveLength(1);
  expect(await run(joined, first)).toEqual([]);
  const add = "FROM VehicleRegistration AS v WHERE v.VIN = ? INSERT INTO v.Owners.SecondaryOwners VALUE ?";
  expect(await run(add, "V1", { PersonId: first })).toHaveLength(1);
  const [secondary] = await run("SELECT Owners.SecondaryOwners FROM VehicleRegistration AS v WHERE v.VIN = ?", "V1");
  expect(secondary?.get("SecondaryOwners", 0, "PersonId")?.stringValue()).toBe(first);
});

test("a license is issued, renewed and given back", async () => {
  const personId = await register("V3", "G3");
  const license = { PersonId: personId, LicenseNumber: "N1", ValidFromDate: load("2020-01-01T"), ValidToDate: load("2021-01-01T") };
  expect(await run("SELECT * FROM DriversLicense AS d WHERE d.PersonId = ?", personId)).toEqual([]);
  expect(await run("INSERT INTO DriversLicense ?", license)).toHaveLength(1);
  const renew = "UPDATE DriversLicense AS d SET d.ValidFromDate = ?, d.ValidToDate = ? WHERE d.LicenseNumber = ?";
  expect(await run(renew, load("2021-01-01T"), load("2022-01-01T"), "N1")).toHaveLength(2);
  const [renewed] = await run("SELECT d.ValidToDate FROM DriversLicense AS d WHERE d.LicenseNumber = ?", "N1");
  expect(renewed?.get("ValidToDate")?.timestampValue()?.toString()).toBe("2022-01-01T");
  expect(await run("DELETE FROM DriversLicense AS d WHERE d.LicenseNumber = ?", "N1")).toHaveLength(1);
  expect(await run("SELECT * FROM DriversLicense")).toEqual([]);
});

test("a table lives within one transaction: made, filled, changed, read, dropped", async () => {
  await driver.executeLambda(async (transaction) => {
    await transaction.execute("CREATE TABLE IonTypes");
    await transaction.execute("INSERT INTO IonTypes ?", [{ Name: "val" }]);
    for (const text of ["null", "true", "3.2e0", "5.50", "2020-02-02", "abc123", "{{blob}}", "(1 2 3)", "{brand: ford}"]) {
      await transaction.execute("UPDATE IonTypes SET Name = ?", load(text));
      const [value] = (await transaction.execute("SELECT VALUE Name FROM IonTypes")).getResultList();
      expect(dumpText(value)).toBe(dumpText(load(text)));
    }
    await transaction.execute("DROP TABLE IonTypes");
  });
  expect((await driver.getTableNames()).sort()).toEqual(tables.map(([table]) => table).sort());
});

test("the history of a registration, within a time", async () => {
  await register("V4", "G4");
  const id = await idOf("VehicleRegistration", "VIN", "V4");
  await run("UPDATE VehicleRegistration SET City = ? WHERE VIN = ?", "Bellevue", "V4");
  const all = await run(`SELECT * FROM history(VehicleRegistration) AS h WHERE h.metadata.id = '${id}'`);
  expect(all.map((row) => row.get("data", "City")?.stringValue())).toEqual(["Tacoma", "Bellevue"]);
  const recent = "SELECT * FROM history (VehicleRegistration, `2000-01-01T00:00:00.000Z`, ?) AS h WHERE h.metadata.id = ?";
  expect(await run(recent, load(new Date().toISOString()), id)).toHaveLength(2);
  expect(
    await run(`SELECT * FROM history(VehicleRegistration) AS h WHERE h.metadata.id = '${id}' AND h.metadata.version = 0`),
  ).toHaveLength(1);
  const tableId = await run("SELECT VALUE tableId FROM information_schema.user_tables WHERE name = ?", "VehicleRegistration");
  expect(tableId).toHaveLength(1);
});

/** The Ion hash as Amazon's library has it. */
function hashOf(value: dom.Value | null): Buffer {
  const reader = makeHashReader(makeReader(dumpText(value)), cryptoHasherProvider("sha256"));
  reader.next();
  reader.next();
  return Buffer.from(reader.digest());
}

/** Joins two hashes, the lesser first: compared as signed bytes, from the last on. */
function joined(a: Buffer, b: Buffer): Buffer {
  if (a.length === 0 || b.length === 0) return a.length === 0 ? b : a;
  for (let at = a.length - 1; at >= 0; at--) {
    const difference = a.readInt8(at) - b.readInt8(at);
    if (difference === 0) continue;
    return createHash("sha256")
      .update(difference < 0 ? Buffer.concat([a, b]) : Buffer.concat([b, a]))
      .digest();
  }
  return createHash("sha256")
    .update(Buffer.concat([a, b]))
    .digest();
}

const folded = (leaf: Buffer, proof: string | undefined) =>
  (load(proof ?? "[]")?.elements() ?? []).map((hash) => Buffer.from(hash.uInt8ArrayValue() ?? [])).reduce(joined, leaf);

test("a revision and its block are verified against the ledger's digest", async () => {
  await register("V5", "G5");
  const [row] = await run("SELECT blockAddress, metadata.id FROM _ql_committed_VehicleRegistration AS p WHERE p.data.VIN = ?", "V5");
  const digest = await control.send(new GetDigestCommand({ Name: name }));
  const expected = Buffer.from(digest.Digest ?? []);
  const address = {
    Name: name,
    BlockAddress: { IonText: dumpText(row?.get("blockAddress")) },
    DigestTipAddress: { IonText: digest.DigestTipAddress?.IonText },
  };
  const answer = await control.send(new GetRevisionCommand({ ...address, DocumentId: row?.get("id")?.stringValue() ?? "" }));
  const revision = load(answer.Revision?.IonText ?? "");
  const leaf = joined(hashOf(revision?.get("metadata") ?? null), hashOf(revision?.get("data") ?? null));
  expect(Buffer.from(revision?.get("hash")?.uInt8ArrayValue() ?? []).equals(leaf)).toBe(true);
  expect(folded(leaf, answer.Proof?.IonText).equals(expected)).toBe(true);
  const changed = Buffer.from(leaf);
  changed[0] = (changed[0] ?? 0) ^ 1;
  expect(folded(changed, answer.Proof?.IonText).equals(expected)).toBe(false);
  const found = await control.send(new GetBlockCommand(address));
  const block = load(found.Block?.IonText ?? "");
  expect(block?.get("revisions", 0, "data", "VIN")?.stringValue()).toBe("V5");
  expect(folded(Buffer.from(block?.get("blockHash")?.uInt8ArrayValue() ?? []), found.Proof?.IonText).equals(expected)).toBe(true);
});

test("tags, and deletion once it is not protected", async () => {
  const made = await control.send(new CreateLedgerCommand({ Name: "tagged", PermissionsMode: "ALLOW_ALL", Tags: { IsTest: "true" } }));
  const ResourceArn = made.Arn ?? "";
  await control.send(new TagResourceCommand({ ResourceArn, Tags: { Domain: "Test" } }));
  await control.send(new UntagResourceCommand({ ResourceArn, TagKeys: ["IsTest"] }));
  expect((await control.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags).toEqual({ Domain: "Test" });
  await expect(control.send(new DeleteLedgerCommand({ Name: "tagged" }))).rejects.toMatchObject({
    name: "ResourcePreconditionNotMetException",
  });
  await control.send(new UpdateLedgerCommand({ Name: "tagged", DeletionProtection: false }));
  await control.send(new DeleteLedgerCommand({ Name: "tagged" }));
});
