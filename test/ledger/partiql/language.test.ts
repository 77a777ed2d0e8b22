import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { startServer, type TestServer } from "../server.ts";
import { RawSession } from "../session/client.ts";
import { now, Runner } from "./run.ts";

let server: TestServer;
let session: RawSession;
beforeAll(async () => {
  server = await startServer();
  session = await RawSession.start(server.url);
});
afterAll(async () => {
  await server.close();
  expect(server.logged).toEqual([]);
});

/** Names of tables are new in each test: dropped ones stay in the catalog. */
let T = "";
let count = 0;
beforeEach(async () => {
  await server.registry.create({ name: `l${++count}`, permissionsMode: "STANDARD", deletionProtection: false, tags: {} });
  session = await RawSession.start(server.url, `l${count}`);
  T = "T";
  await session.run(`CREATE TABLE ${T}`, `CREATE INDEX ON ${T} (id)`);
});

/** Inserts documents, given as Ion text. @returns their ids */
async function insert(...documents: readonly string[]): Promise<string[]> {
  const transaction = await session.begin();
  const ids: string[] = [];
  for (const document of documents) ids.push(...(await transaction.execute(`INSERT INTO ${T} ?`, document)).map(idOf));
  await transaction.commit();
  return ids;
}

function idOf(row: string): string {
  const found = /documentId:"([0-9A-Za-z]{22})"/.exec(row)?.[1];
  if (found === undefined) throw new Error(`no id in ${row}`);
  return found;
}

function query(statement: string, ...parameters: readonly string[]): Promise<string[]> {
  return session.query(statement, ...parameters);
}

test("the payments service's life of a transaction", async () => {
  await session.run("CREATE TABLE transactions", "CREATE INDEX ON transactions (idempotencyKey)");
  expect(await query("SELECT tableId FROM information_schema.user_tables WHERE name = ? AND status = 'ACTIVE'", '"transactions"')).toEqual([
    expect.stringMatching(/^\{tableId:"\w{22}"\}$/),
  ]);
  expect(await query("SELECT tableId FROM information_schema.user_tables WHERE name = ? AND status = 'ACTIVE'", '"nothing"')).toEqual([]);
  const [inserted = ""] = await query("INSERT INTO transactions ?", '{idempotencyKey: "k", data: {state: "prepared"}, signature: null}');
  const id = idOf(inserted);
  expect(await query("SELECT d_id as documentID FROM transactions BY d_id where idempotencyKey = ?", '"k"')).toEqual([
    `{documentID:"${id}"}`,
  ]);
  const update = "UPDATE transactions BY d_id SET data = ?, signature = ?, publicKey = ? WHERE d_id = ? AND data != ?";
  const parameters = ['{state: "authorized"}', '"s"', '"p"', `"${id}"`, '{state: "authorized"}'] as const;
  expect(await query(update, ...parameters)).toEqual(Array(3).fill(`{documentId:"${id}"}`));
  expect(await query(update, ...parameters)).toEqual([]);
  const history = await query("SELECT * FROM history(transactions) AS h WHERE h.metadata.id = ?", `"${id}"`);
  expect(history).toHaveLength(2);
  expect(history[0]).toMatch(
    /^\{blockAddress:\{strandId:"\w{22}",sequenceNo:\d+\},hash:\{\{.{44}\}\},data:\{idempotencyKey:"k",data:\{state:"prepared"\},signature:null\},metadata:\{id:"\w{22}",version:0,txTime:.*Z,txId:"\w{22}"\}\}$/,
  );
  expect(history[1]).toContain('data:{idempotencyKey:"k",data:{state:"authorized"},signature:"s",publicKey:"p"}');
  expect(history[1]).toContain("version:1,");
});

test("inserting: one, several, as values, nothing", async () => {
  expect(await query(`INSERT INTO ${T} << {'id': 1}, {'id': 2} >>`)).toHaveLength(2);
  expect(await query(`INSERT INTO ${T} <<?, ?>>`, "{id: 3}", "{id: 4}")).toHaveLength(2);
  expect(await query(`INSERT INTO ${T} VALUE {'id': 5}`)).toHaveLength(1);
  expect(await query(`INSERT INTO ${T} VALUES {'id': 6}, {'id': 7}`)).toHaveLength(2);
  expect(await query(`INSERT INTO ${T} ?`, "[{id: 8}, {id: 9}]")).toHaveLength(2);
  await expect(query(`INSERT INTO ${T} <<>>`)).rejects.toThrow("at least one document");
  expect(await query(`SELECT VALUE id FROM ${T}`)).toEqual(["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  for (const wrong of ["1", "null", '"text"', "[{a: 1}, 2]"]) {
    await expect(query(`INSERT INTO ${T} ?`, wrong)).rejects.toThrow("a document has to be a struct");
  }
});

test("selecting: columns, names, star, value, by, in, conditions", async () => {
  const [first = ""] = await insert('{id: 1, name: "a", list: [1, 2]}', '{id: 2, name: "b", list: [3]}', "{id: 3}");
  expect(await query(`SELECT * FROM ${T} WHERE id = 2`)).toEqual(['{id:2,name:"b",list:[3]}']);
  expect(await query(`SELECT id, name AS n FROM ${T} AS t WHERE t.id < 3`)).toEqual(['{id:1,n:"a"}', '{id:2,n:"b"}']);
  expect(await query(`SELECT t.list[0], t.id + 1 FROM ${T} t WHERE id IN (?, ?)`, "1", "9")).toEqual(["{_1:1,_2:2}"]);
  expect(await query(`SELECT id FROM "${T}" WHERE id IN ?`, "[2, 3]")).toEqual(["{id:2}", "{id:3}"]);
  expect(await query(`SELECT VALUE name FROM ${T}`)).toEqual(['"a"', '"b"']);
  expect(await query(`SELECT id FROM ${T} WHERE name IS MISSING`)).toEqual(["{id:3}"]);
  expect(await query(`SELECT VALUE d FROM ${T} BY d WHERE d = ?`, `"${first}"`)).toEqual([`"${first}"`]);
  expect(await query(`SELECT VALUE d FROM ${T} BY d WHERE d IN (?, 'nothing')`, `"${first}"`)).toEqual([`"${first}"`]);
  expect(await query(`SELECT ${T}.id FROM ${T} WHERE ${T}.id = 1`)).toEqual(["{id:1}"]);
  expect(await query(`SELECT t.* FROM ${T} AS t WHERE t.id = 3`)).toEqual(["{id:3}"]);
  expect(await query(`SELECT COUNT(*) FROM ${T}`)).toEqual(["{_1:3}"]);
  expect(await query("SELECT VALUE 1 + 1 FROM << 0 >>")).toEqual(["2"]);
  await expect(query("SELECT * FROM X")).rejects.toThrow("Semantic Error: at line 1, column 15: No such variable named 'X'");
  await expect(query(`SELECT * FROM ${T} AS a, ${T} AS b WHERE nothing = 1`)).rejects.toThrow("No such variable named 'nothing'");
  await expect(query(`SELECT * FROM ${T} WHERE id = ?`)).rejects.toThrow("1 parameter(s), 0 were sent");
});

test("joins, unnesting, positions, UNPIVOT, subqueries", async () => {
  await insert("{id: 1, to: 2, items: [{n: 10}, {n: 20}]}", "{id: 2, to: 1, items: []}");
  expect(await query(`SELECT a.id AS x, b.id AS y FROM ${T} AS a JOIN ${T} AS b ON a.to = b.id`)).toEqual(["{x:1,y:2}", "{x:2,y:1}"]);
  expect(await query(`SELECT a.id, b.id FROM ${T} AS a, ${T} AS b WHERE a.id < b.id`)).toEqual(["{id:1,id:2}"]);
  expect(await query(`SELECT a.id FROM ${T} AS a CROSS JOIN ${T} AS b`)).toHaveLength(4);
  expect(await query(`SELECT t.id, i.n, p FROM ${T} AS t, @t.items AS i AT p`)).toEqual(["{id:1,n:10,p:0}", "{id:1,n:20,p:1}"]);
  expect(await query(`SELECT t.id, i.n FROM ${T} AS t, t.items AS i WHERE i.n > 10`)).toEqual(["{id:1,n:20}"]);
  expect(await query("SELECT VALUE {'k': k, 'v': v} FROM UNPIVOT {'a': 1, 'b': 2} AS v AT k")).toEqual(['{k:"a",v:1}', '{k:"b",v:2}']);
  expect(await query(`SELECT id FROM ${T} AS t WHERE EXISTS(SELECT * FROM @t.items AS i WHERE i.n = 20)`)).toEqual(["{id:1}"]);
  expect(await query(`SELECT VALUE (SELECT VALUE i.n FROM t.items AS i WHERE i.n > t.id) FROM ${T} AS t`)).toEqual(["[10,20]", "[]"]);
  expect(await query(`SELECT VALUE id FROM ${T} AS t WHERE 20 = (SELECT VALUE MAX(i.n) FROM t.items AS i)`)).toEqual(["1"]);
  expect(await query(`SELECT * FROM ${T} AS a, ${T} AS b WHERE a.id = 1 AND b.id = 2`)).toEqual([
    "{id:1,to:2,items:[{n:10},{n:20}],id:2,to:1,items:[]}",
  ]);
});

test("updating: SET, REMOVE, INSERT INTO a list, FROM first", async () => {
  const [id = ""] = await insert("{id: 1, a: {b: [1, 2]}, gone: 1}", "{id: 2}");
  expect(await query(`UPDATE ${T} SET a.b[0] = 'x', fresh = id + 1 WHERE id = 1`)).toEqual(Array(2).fill(`{documentId:"${id}"}`));
  expect(await query(`SELECT * FROM ${T} WHERE id = 1`)).toEqual(['{id:1,a:{b:["x",2]},gone:1,fresh:2}']);
  await query(`UPDATE ${T} AS t REMOVE t.gone WHERE t.id = 1`);
  await query(`FROM ${T} AS t WHERE t.id = 1 INSERT INTO t.a.b VALUE 'first' AT 0`);
  await query(`FROM ${T} AS t WHERE t.id = 1 INSERT INTO t.a.b VALUE ?`, "last");
  await query(`FROM ${T} AS t WHERE t.id = 1 REMOVE t.a.b[1]`);
  expect(await query(`SELECT VALUE t FROM ${T} AS t WHERE id = 1`)).toEqual(['{id:1,a:{b:["first",2,last]},fresh:2}']);
  expect(await query(`UPDATE ${T} BY d SET a = MISSING, id = 9 WHERE d = '${id}'`)).toHaveLength(2);
  expect(await query(`SELECT VALUE t FROM ${T} AS t WHERE id = 9`)).toEqual(["{id:9,fresh:2}"]);
  expect(await query(`SELECT * FROM ${T} WHERE id = 1`)).toEqual([]);
  expect(await query(`UPDATE ${T} SET id = ?`, "null.int")).toHaveLength(2);
  expect(await query(`SELECT VALUE id FROM ${T} WHERE id IS NULL`)).toEqual(["null.int", "null.int"]);
  await expect(query(`UPDATE ${T} SET a.b = 1`)).rejects.toThrow("there is no 'a' to look into");
  await expect(query(`UPDATE ${T} AS t SET t = 1`)).rejects.toThrow("a document has to stay a struct");
  await expect(query(`UPDATE ${T} AS t BY d SET d = 1`)).rejects.toThrow("'d' cannot be changed");
});

test("swapping fields: values come from the document as it was", async () => {
  await insert("{id: 1, a: 1, b: 2}");
  await query(`UPDATE ${T} SET a = b, b = a`);
  expect(await query(`SELECT a, b FROM ${T}`)).toEqual(["{a:2,b:1}"]);
});

test("deleting, and what history keeps", async () => {
  const [id = ""] = await insert("{id: 1}", "{id: 2}");
  expect(await query(`DELETE FROM ${T} WHERE id = 1`)).toEqual([`{documentId:"${id}"}`]);
  expect(await query(`DELETE FROM ${T} WHERE id = 1`)).toEqual([]);
  expect(await query(`SELECT VALUE id FROM ${T}`)).toEqual(["2"]);
  const history = await query(`SELECT * FROM history(${T}) AS h WHERE h.metadata.id = '${id}'`);
  expect(history).toHaveLength(2);
  expect(history[1]).not.toContain(",data:");
  expect(await query(`SELECT VALUE h FROM history(${T}, \`2001T\`, \`2002T\`) AS h`)).toEqual([]);
  expect(await query(`SELECT VALUE h.metadata.version FROM history(${T}, \`2001T\`) AS h`)).toHaveLength(3);
  await expect(query(`SELECT * FROM history(${T}, \`2002T\`, \`2001T\`) AS h`)).rejects.toThrow("lies behind its end");
  await expect(query(`SELECT * FROM history(${T}, 1) AS h`)).rejects.toThrow("timestamps");
  expect(await query(`DELETE FROM ${T}`)).toHaveLength(1);
});

test("history within a time window: revisions that were current in it", async () => {
  const [id = ""] = await insert("{id: 1}");
  server.advance(60_000);
  session = await RawSession.start(server.url, `l${count}`);
  await query(`UPDATE ${T} SET v = 1`);
  const times = await query(`SELECT VALUE h.metadata.txTime FROM history(${T}) AS h WHERE h.metadata.id = '${id}'`);
  const versions = (start: string, end: string) => query(`SELECT VALUE h.metadata.version FROM history(${T}, ?, ?) AS h`, start, end);
  expect(await versions(times[0] ?? "", times[0] ?? "")).toEqual(["0"]);
  expect(await versions(times[0] ?? "", times[1] ?? "")).toEqual(["0", "1"]);
  server.advance(1000);
  session = await RawSession.start(server.url, `l${count}`);
  expect(await versions(times[1] ?? "", new Date(server.registry.now()).toISOString())).toEqual(["1"]);
  await expect(versions(times[1] ?? "", "2100T")).rejects.toThrow("the end of a history must not lie in the future: it is 2100-01-01");
  await expect(query(`SELECT * FROM history(${T}, ?) AS h`, "2100T")).rejects.toThrow("the start of a history must not lie in the future");
  await expect(versions(times[1] ?? "", times[0] ?? "")).rejects.toThrow("lies behind its end");
});

test("the committed view", async () => {
  const [id = ""] = await insert("{id: 1, a: 2}");
  const [row] = await query(`SELECT * FROM _ql_committed_${T} AS c WHERE c.data.id = 1`);
  expect(row).toMatch(/^\{blockAddress:\{.*\},hash:\{\{.*\}\},data:\{id:1,a:2\},metadata:\{id:"\w{22}",version:0,.*\}\}$/);
  expect(await query(`SELECT VALUE c.metadata.id FROM _ql_committed_${T} AS c WHERE c.metadata.id = ?`, `"${id}"`)).toEqual([`"${id}"`]);
  expect(await query(`SELECT VALUE d FROM _ql_committed_${T} AS c BY d`)).toEqual([`"${id}"`]);
});

test("tables: created, dropped, undropped, found by id", async () => {
  await insert("{id: 1}");
  await expect(query(`CREATE TABLE ${T}`)).rejects.toThrow("Table with name: USER.T already exists");
  await expect(query('CREATE TABLE "1x"')).rejects.toThrow("Table name '1x' is not valid");
  const [dropped = ""] = await query(`DROP TABLE ${T}`);
  const tableId = /tableId:"(\w{22})"/.exec(dropped)?.[1] ?? "";
  await expect(query(`SELECT * FROM ${T}`)).rejects.toThrow("No such variable named 'T'");
  await expect(query(`DROP TABLE ${T}`)).rejects.toThrow("No such variable named 'T'");
  expect(await query(`SELECT VALUE status FROM information_schema.user_tables WHERE tableId = '${tableId}'`)).toEqual(['"INACTIVE"']);
  expect(await query(`SELECT VALUE h.data.id FROM history('${tableId}') AS h`)).toEqual(["1"]);
  expect(await query(`UNDROP TABLE "${tableId}"`)).toEqual([`{tableId:"${tableId}"}`]);
  await expect(query(`UNDROP TABLE "${tableId}"`)).rejects.toThrow("active already");
  expect(await query(`SELECT VALUE id FROM ${T} WHERE id = 1`)).toEqual(["1"]);
});

test("indexes: shown, found, dropped, limited", async () => {
  await insert("{id: 1, other: 5}");
  expect(await query("SELECT VALUE indexes[0].expr FROM information_schema.user_tables")).toEqual(['"[id]"']);
  await expect(query(`CREATE INDEX ON ${T} (id)`)).rejects.toThrow("already exists");
  await expect(query("CREATE INDEX ON X (id)")).rejects.toThrow("No such variable named 'X'");
  for (const field of ["other", "c", "d", "e"]) await query(`CREATE INDEX ON ${T} (${field})`);
  await expect(query(`CREATE INDEX ON ${T} (f)`)).rejects.toThrow("exceeds the limit of 5");
  expect(await query(`SELECT VALUE id FROM ${T} WHERE other = 5`)).toEqual(["1"]);
  const [index = ""] = await query("SELECT VALUE indexes[1].indexId FROM information_schema.user_tables");
  await query(`DROP INDEX ${index} ON ${T} WITH (purge = true)`);
  await expect(query(`DROP INDEX ${index} ON ${T} WITH (purge = true)`)).rejects.toThrow("does not exist");
  expect(await query(`SELECT VALUE id FROM ${T} WHERE other = 5`)).toEqual(["1"]);
});

test("limits of tables: 20 active, 40 in all", async () => {
  const tables = Array.from({ length: 19 }, (_, index) => `X${index}`);
  for (const name of tables) await query(`CREATE TABLE ${name}`);
  await expect(query("CREATE TABLE OneMore")).rejects.toThrow("active tables exceeds the limit of 20");
  for (const name of tables) await query(`DROP TABLE ${name}`);
  for (const name of tables) await query(`CREATE TABLE ${name}`);
  await query("DROP TABLE X0");
  await query("CREATE TABLE X0");
  await query("DROP TABLE X0");
  await expect(query("CREATE TABLE X0")).rejects.toThrow("tables exceeds the limit of 40");
});

test("how rows are found: by id, by index, else all", async () => {
  const ids = await insert("{id: 1, a: 1}", "{id: 2, a: 1}", "{id: 3, a: 2}", "{id: 4, a: 2}", "{id: 1., a: 3}");
  const reads = async (statement: string, ...parameters: readonly string[]) => {
    const transaction = await session.begin();
    await transaction.execute(statement, ...parameters);
    await transaction.commit();
    return transaction.usage.ReadIOs;
  };
  expect(await reads(`SELECT * FROM ${T}`)).toBe(5);
  expect(await reads(`SELECT * FROM ${T} WHERE a = 2`)).toBe(5);
  expect(await reads(`SELECT * FROM ${T} WHERE id = 2`)).toBe(1);
  expect(await reads(`SELECT * FROM ${T} WHERE ? = id AND a = 1`, "1")).toBe(2);
  expect(await reads(`SELECT * FROM ${T} WHERE id IN (2, 3, 77)`)).toBe(2);
  expect(await reads(`SELECT * FROM ${T} WHERE id IN ?`, "[2, 2]")).toBe(1);
  expect(await reads(`SELECT * FROM ${T} WHERE id = 2 OR a = 1`)).toBe(5);
  expect(await reads(`SELECT * FROM ${T} WHERE NOT id IN (2)`)).toBe(5);
  expect(await reads(`SELECT * FROM ${T} WHERE id > 2`)).toBe(5);
  expect(await reads(`SELECT * FROM ${T} BY d WHERE d = '${ids[0]}'`)).toBe(1);
  expect(await reads(`SELECT * FROM ${T} AS x, ${T} AS y WHERE x.a = 2 AND y.id = x.id`)).toBe(7);
  expect(await reads(`SELECT * FROM _ql_committed_${T} AS c WHERE c.data.id = 2`)).toBe(1);
  expect(await reads(`SELECT * FROM history(${T}) AS h WHERE h.metadata.id = '${ids[0]}'`)).toBe(1);
  expect(await reads(`UPDATE ${T} SET a = 9 WHERE id = 3`)).toBe(1);
  expect(await reads(`DELETE FROM ${T} BY d WHERE d = '${ids[0]}'`)).toBe(1);
});

test("a statement that would run for ever ends with its transaction's time", () => {
  let looks = 0;
  const runner = new Runner(() => now + 1000 * ++looks);
  const numbers = `<<${Array.from({ length: 100 }, (_, index) => index).join(", ")}>>`;
  const sources = "abcdefgh".split("").map((name) => `${numbers} AS ${name}`);
  expect(() => runner.run(`SELECT COUNT(*) FROM ${sources.join(", ")}`)).toThrow(
    `the statement was ended: its transaction ${runner.transaction.id} is older than 30 s`,
  );
  expect(looks).toBe(31);
});
