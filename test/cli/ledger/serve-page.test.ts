import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bytesOfBase64, type IonNode, ionField, readIon } from "../../../dashboard/page/ion-reader.ts";
import { cellWords, ionWords } from "../../../dashboard/page/ion-words.ts";
import { proofProblemOf } from "../../../dashboard/page/proof.ts";
import type { DocumentView, ProofView, QueryView, TableView } from "../../../dashboard/views.ts";
import { startServe } from "./start-serve.ts";

const folder = mkdtempSync(join(tmpdir(), "nitro-page-"));
let served: ReturnType<typeof startServe>;
let origin: string;
let token: string;

beforeAll(async () => {
  served = startServe(folder, ["--port", "0", "--page"]);
  await served.url();
  const address = new URL(/^page: (\S+)$/m.exec(served.output.stdout)?.[1] ?? "");
  [origin, token] = [address.origin, address.hash.slice("#token=".length)];
  for (const statement of ["CREATE TABLE people", "CREATE INDEX ON people (name)"]) await query(statement);
});

afterAll(async () => {
  served.child.kill();
  await served.ended;
  rmSync(folder, { recursive: true, force: true });
});

async function ask<T>(path: string, body?: object): Promise<T> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const response = await fetch(
    `${origin}/api/${path}`,
    body === undefined ? { headers } : { method: "POST", headers, body: JSON.stringify(body) },
  );
  const answer = (await response.json()) as T & { message?: string };
  if (!response.ok) throw new Error(answer.message);
  return answer;
}

async function query(statement: string, ...parameters: string[]): Promise<string[]> {
  const { rows, total } = await ask<QueryView>("ledger/query", { statement, parameters });
  expect(total).toBe(rows.length);
  return rows.map((row) => ionWords(readIon(bytesOfBase64(row))));
}

test("the page of a ledger alone knows of no stack", async () => {
  expect(await ask("about")).toEqual({ ledger: "ledger" });
  await expect(ask("stack")).rejects.toThrow("there is nothing at /api/stack");
});

test("statements run with their parameters, and are committed", async () => {
  await query("INSERT INTO people ?", '{name: "Ann", paid: 1.50, since: 2026-01-31T12:00:00Z}');
  expect(await query("SELECT paid, since FROM people WHERE name = ?", '"Ann"')).toEqual(["{paid: 1.50, since: 2026-01-31T12:00:00Z}"]);
  const [people] = await ask<TableView[]>("ledger/tables");
  expect(people).toMatchObject({ name: "people", active: true, documents: 1, indexes: ["name"] });
});

test("errors name their place, parameters their number", async () => {
  await expect(query("SELECT *\nFROM people WHER name")).rejects.toThrow("at line 2, column 18");
  await expect(query("SELECT * FROM people WHERE name = ?", "{")).rejects.toThrow("parameter 1 is {: allowed is one Ion value");
  await expect(query(" ")).rejects.toThrow("there is no statement");
});

test("a statement is explained and not run", async () => {
  const { plan } = await ask<{ plan: object[] }>("ledger/explain", { statement: "DELETE FROM people WHERE name = 'Ann'" });
  expect(plan).toEqual([{ source: "people", access: "index on name" }]);
  expect(await query("SELECT VALUE COUNT(*) FROM people")).toEqual(["1"]);
});

describe("a document's history", () => {
  let revisions: IonNode[];
  let id: string;

  beforeAll(async () => {
    const [made = ""] = await query("INSERT INTO people VALUE {'name': 'Ben', 'tags': [1, 2]}");
    id = /"(.*)"/.exec(made)?.[1] ?? "";
    await query("UPDATE people SET tags = [1], age = `1.0` WHERE name = 'Ben'");
    await query("DELETE FROM people WHERE name = 'Ben'");
    const found = await ask<DocumentView>(`ledger/history?table=people&id=${id}`);
    revisions = found.revisions.map((revision) => readIon(bytesOfBase64(revision)));
  });

  function proofOf(revision: IonNode): Promise<ProofView> {
    const address = ionField(revision, "blockAddress");
    const [strandId, sequenceNo] = ["strandId", "sequenceNo"].map((name) => cellWords(ionField(address, name)));
    return ask<ProofView>(`ledger/proof?id=${id}&strandId=${strandId}&sequenceNo=${sequenceNo}`);
  }

  test("has every revision, its deletion too, and each is proved", async () => {
    expect(revisions.map((revision) => cellWords(ionField(revision, "data")))).toEqual([
      '{name: "Ben", tags: [1, 2]}',
      '{name: "Ben", tags: [1], age: 1.0}',
      "",
    ]);
    for (const revision of revisions) expect(await proofProblemOf(revision, await proofOf(revision))).toBeUndefined();
  });

  test("is not proved where anything of it was changed", async () => {
    const [first, second] = revisions as [IonNode, IonNode, IonNode];
    const proof = await proofOf(first);
    const changed = (name: string, value: IonNode | undefined): IonNode => {
      if (first.type !== "struct" || value === undefined) throw new Error("no revision");
      return { ...first, fields: first.fields.map((field) => (field.name === name ? { name, value } : field)) };
    };
    expect(await proofProblemOf(changed("data", ionField(second, "data")), proof)).toBe("its hash is not that of its metadata and data");
    expect(await proofProblemOf(changed("metadata", ionField(second, "metadata")), proof)).toBe(
      "its hash is not that of its metadata and data",
    );
    expect(await proofProblemOf(changed("hash", ionField(second, "hash")), proof)).toBe("its hash is not that of its metadata and data");
    expect(await proofProblemOf(second, proof)).toBe("its hash and the proof do not give the digest");
    expect(await proofProblemOf(first, { ...proof, proof: proof.proof.slice(1) })).toBe("its hash and the proof do not give the digest");
    expect(await proofProblemOf(first, { ...proof, digest: proof.proof[0] ?? "" })).toBe("its hash and the proof do not give the digest");
  });

  test("is not there for what never was", async () => {
    await expect(ask("ledger/history?table=people&id=x")).rejects.toThrow("table people never had a document x");
    await expect(ask("ledger/history?table=peple&id=x")).rejects.toThrow('there is no table "peple"');
    await expect(ask("ledger/proof?id=x&strandId=y&sequenceNo=z")).rejects.toThrow("sequenceNo is no number of a block");
  });
});

test("its end ends the page too", async () => {
  const folder2 = mkdtempSync(join(tmpdir(), "nitro-page-"));
  const other = startServe(folder2, ["--port", "0", "--page"]);
  try {
    await other.url();
    other.child.kill("SIGINT");
    expect(await other.ended).toBe(0);
    expect(other.output.stdout).toContain("ledger ended");
  } finally {
    other.child.kill();
    rmSync(folder2, { recursive: true, force: true });
  }
});
