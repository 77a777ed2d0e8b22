import { cryptoHasherProvider, makeHashReader } from "ion-hash-js";
import { dom, dumpBinary, load, makeReader } from "ion-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dot } from "../../../ledger/digest/dot.ts";
import { readBinary } from "../../../ledger/ion/binary-reader.ts";
import { writeBinary } from "../../../ledger/ion/binary-writer.ts";
import { readText, writeText } from "../../../ledger/ion/text.ts";
import { field, type IonValue, struct } from "../../../ledger/ion/value.ts";
import { Random, randomValue } from "../random.ts";
import { connect, startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";
import { writeLoosely } from "./loose-writer.ts";

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await (await RawSession.start(server.url)).run("CREATE TABLE Sent", "CREATE TABLE Raw");
});
afterAll(async () => {
  await server.close();
  expect(server.logged).toEqual([]);
});

/** The hash as Amazon's library computes it. */
function reference(bytes: Buffer): Buffer {
  const reader = makeHashReader(makeReader(bytes), cryptoHasherProvider("sha256"));
  reader.next();
  reader.next();
  return Buffer.from(reader.digest());
}

test("any value goes through the official driver and comes back as it was", async () => {
  const random = new Random(21);
  const driver = connect(server.url);
  for (let round = 0; round < 8; round++) {
    const values = Array.from({ length: 20 }, () => randomValue(random));
    // The driver hashes each parameter with Amazon's library: a commit says that the ledger's hashes are the same.
    const returned = await driver.executeLambda(async (transaction) => {
      const rows: (Uint8Array | null)[] = [];
      for (const value of values) {
        const document = load(writeBinary(struct({ v: value })));
        const [inserted] = (await transaction.execute("INSERT INTO Sent ?", document)).getResultList();
        const id = inserted?.get("documentId")?.stringValue();
        const [row] = (await transaction.execute("SELECT t.* FROM Sent AS t BY d WHERE d = ?", id)).getResultList();
        rows.push(row === undefined ? null : dumpBinary(row));
      }
      return rows;
    });
    for (const [index, value] of values.entries()) {
      const row = readBinary(Buffer.from(returned[index] ?? []));
      // Compared by hash: the driver's own values put fields of one name together.
      const back = field(row, "v") ?? struct({});
      expect(reference(writeBinary(back)), `${writeText(value)} → ${writeText(back)}`).toEqual(reference(writeBinary(value)));
    }
  }
  driver.close();
});

test("whatever way a value is encoded, it is read and hashed as the same value", async () => {
  const random = new Random(22);
  const session = await RawSession.start(server.url);
  for (let round = 0; round < 10; round++) {
    const { TransactionId: id = "" } = await session.command("StartTransaction", {});
    const execute = async (Statement: string, parameter: Buffer) => {
      const body = { TransactionId: id, Statement, Parameters: [{ IonBinary: parameter.toString("base64") }] };
      const { FirstPage: page } = await session.command("ExecuteStatement", body);
      return readBinary(Buffer.from(page?.Values[0]?.IonBinary ?? "", "base64"));
    };
    for (let count = 0; count < 20; count++) {
      const value = randomValue(random);
      const bytes = writeLoosely(struct({ v: value }), random);
      const inserted = field(await execute("INSERT INTO Raw ?", bytes), "documentId") ?? value;
      expect(field(await execute("SELECT t.* FROM Raw AS t BY d WHERE d = ?", writeBinary(inserted)), "v"), writeText(value)).toEqual(
        value,
      );
    }
    await session.command("AbortTransaction", {});
  }
});

test("revisions' hashes equal those of ion-hash-js over what the ledger shows", async () => {
  const random = new Random(23);
  const session = await RawSession.start(server.url);
  const transaction = await session.begin();
  for (let count = 0; count < 30; count++) await transaction.execute("INSERT INTO Sent ?", writeText(struct({ v: randomValue(random) })));
  await transaction.commit();
  const rows = await session.run("SELECT c.hash, c.metadata, c.data FROM _ql_committed_Sent AS c");
  expect(rows.length).toBeGreaterThanOrEqual(30);
  for (const text of rows) {
    const row = readText(text);
    const part = (name: string) => reference(writeBinary(field(row, name) ?? struct({})));
    expect(field(row, "hash"), text).toEqual({ type: "blob", value: dot(part("metadata"), part("data")) });
  }
});

test("a value of the driver's own types is what Ion makes of it", async () => {
  const driver = connect(server.url);
  const sent = { text: "a", number: 7, half: 0.5, yes: true, nothing: null, when: new Date(0), list: [1, "b"], inner: { x: 1 } };
  const [row] = await driver.executeLambda(async (transaction) => {
    await transaction.execute("INSERT INTO Sent VALUE {'own': ?}", sent);
    return (await transaction.execute("SELECT VALUE t.own FROM Sent AS t WHERE t.own IS STRUCT")).getResultList();
  });
  driver.close();
  const expected: IonValue = readText(
    '{text:"a",number:7,half:0.5e0,yes:true,nothing:null,when:1970-01-01T00:00:00.000Z,list:[1,"b"],inner:{x:1}}',
  );
  expect(readBinary(Buffer.from(dumpBinary(row ?? dom.Value.from(null))))).toEqual(expected);
});
