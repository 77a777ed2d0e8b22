import { beforeEach, expect, test } from "vitest";
import { Runner } from "./run.ts";

let runner: Runner;

beforeEach(() => {
  runner = new Runner();
  runner.run("CREATE TABLE T");
  runner.run("CREATE INDEX ON T (id)");
  runner.run("INSERT INTO T ?", "{id: 1, owners: {second: [{p: a, n: 1}, {p: b, n: 2}, {p: a, n: 3}]}}");
  runner.run("INSERT INTO T ?", "{id: 2, owners: {second: [{p: b, n: 4}]}}");
});

const all = () => runner.run("SELECT VALUE t FROM T AS t");
const ids = () => runner.run("SELECT VALUE t.id FROM T AS t");

test("REMOVE of the table's own name deletes documents, as DELETE does", () => {
  const [id] = runner.run("SELECT VALUE d FROM T AS t BY d WHERE t.id = 1");
  expect(runner.run("FROM T AS t WHERE t.id = 1 REMOVE t")).toEqual([`{documentId:${id}}`]);
  expect(ids()).toEqual(["2"]);
  expect(runner.run("UPDATE T REMOVE T WHERE id = 2")).toHaveLength(1);
  expect(ids()).toEqual([]);
});

test("INSERT INTO a struct AT a name adds a field", () => {
  expect(runner.run("FROM T AS t WHERE t.id = 2 INSERT INTO t VALUE 26500 AT 'Mileage'")).toHaveLength(1);
  expect(runner.run("UPDATE T AS t INSERT INTO t.owners VALUE ? AT ? WHERE t.id = 2", "x", "first")).toHaveLength(1);
  expect(runner.run("SELECT VALUE t FROM T AS t WHERE t.id = 2")).toEqual(["{id:2,owners:{second:[{p:b,n:4}],first:x},Mileage:26500}"]);
  runner.run("FROM T AS t WHERE t.id = 2 INSERT INTO t.fresh VALUE 1 AT 'a'");
  expect(runner.run("SELECT VALUE t.fresh FROM T AS t WHERE t.id = 2")).toEqual(["{a:1}"]);
  expect(() => runner.run("FROM T AS t INSERT INTO t VALUE 1 AT 'id'")).toThrow("there is a field 'id' already");
  expect(() => runner.run("FROM T AS t INSERT INTO t.owners.second VALUE 1 AT 'a'")).toThrow("needs a struct");
  expect(() => runner.run("FROM T AS t INSERT INTO t.owners VALUE 1")).toThrow("found a value of type struct");
  expect(() => runner.run("FROM T AS t INSERT INTO t.owners VALUE 1 AT 1.5")).toThrow("AT needs a number or a name");
});

test("a change reaches into nested lists through FROM", () => {
  expect(runner.run("FROM T AS t, t.owners.second AS s AT i WHERE t.id = 1 AND s.p = `a` SET s.p = 'c', s.at = i")).toHaveLength(2);
  expect(all()[0]).toBe('{id:1,owners:{second:[{p:"c",n:1,at:0},{p:b,n:2},{p:"c",n:3,at:2}]}}');
  expect(runner.run("UPDATE T AS t, @t.owners.second AS s SET s = s.n WHERE s.p = `b`")).toHaveLength(2);
  expect(all()).toEqual(['{id:1,owners:{second:[{p:"c",n:1,at:0},2,{p:"c",n:3,at:2}]}}', "{id:2,owners:{second:[4]}}"]);
});

test("several items are removed from one list, whatever their order", () => {
  expect(runner.run("FROM T AS t, t.owners.second AS s WHERE s.p = `a` REMOVE s")).toHaveLength(1);
  expect(all()).toEqual(["{id:1,owners:{second:[{p:b,n:2}]}}", "{id:2,owners:{second:[{p:b,n:4}]}}"]);
});

test("a document is deleted once, however many nested rows match", () => {
  expect(runner.run("DELETE FROM T AS t, t.owners.second AS s WHERE s.n < 4")).toHaveLength(1);
  expect(ids()).toEqual(["2"]);
});

test("documents without the nested list are left alone", () => {
  runner.run("INSERT INTO T ?", "{id: 3, owners: null}");
  expect(runner.run("FROM T AS t, t.owners AS o, o.second AS s SET s.p = 1")).toHaveLength(2);
});

test("what is no collection of the table's documents is refused", () => {
  runner.run("CREATE TABLE U");
  expect(() => runner.run("FROM T AS t, U AS u SET t.id = 1")).toThrow("a statement changes one table alone, 'U' is another");
  expect(() => runner.run("FROM T AS t, <<1>> AS u SET t.id = 1")).toThrow("expected a path of names");
  expect(() => runner.run("FROM T AS t, t.owners.second AS s BY d SET s.p = 1")).toThrow("collections nested in its documents");
  expect(() => runner.run("FROM <<1>> AS t SET t.id = 1")).toThrow("only a table can be changed");
});

test("each assignment answers a row of its document, which is written once", () => {
  const [id] = runner.run("SELECT VALUE d FROM T AS t BY d WHERE t.id = 1");
  const row = `{documentId:${id}}`;
  const writes = runner.usage.writeIOs;
  expect(runner.run("UPDATE T AS t SET t.a = 1, t.b = 2, t.c = 3 WHERE t.id = 1")).toEqual([row, row, row]);
  expect(runner.usage.writeIOs).toBe(writes + 1);
  expect(runner.run("FROM T AS t WHERE t.id = 1 SET t.a = 2 REMOVE t.b")).toEqual([row, row]);
});

test("INSERT INTO a list without VALUE inserts each item of a collection", () => {
  expect(runner.run("FROM T AS t WHERE t.id = 2 INSERT INTO t.owners.second << {'p': 'x'}, {'p': 'y'} >>")).toHaveLength(1);
  expect(runner.run("UPDATE T AS t INSERT INTO t.owners.second ? WHERE t.id = 2", "[{p: z}, [1, 2]]")).toHaveLength(1);
  expect(all()[1]).toBe('{id:2,owners:{second:[{p:b,n:4},{p:"x"},{p:"y"},{p:z},[1,2]]}}');
  expect(runner.run("FROM T AS t WHERE t.id = 2 INSERT INTO t.owners.second VALUE <<1, 2>>")).toHaveLength(1);
  expect(runner.run("SELECT VALUE t.owners.second[5] FROM T AS t WHERE t.id = 2")).toEqual(["[1,2]"]);
  expect(() => runner.run("FROM T AS t INSERT INTO t.owners.second << 1 >> AT 0")).toThrow("expected the end of the statement, found 'AT'");
});

test("a list that is not there is not made, unless a place in it is given", () => {
  expect(() => runner.run("FROM T AS t INSERT INTO t.nothing VALUE 1")).toThrow("column 13: there is no list to insert into");
  expect(() => runner.run("FROM T AS t INSERT INTO t.nothing << 1, 2 >>")).toThrow("there is no list to insert into");
  runner.run("FROM T AS t WHERE t.id = 2 INSERT INTO t.fresh VALUE 1 AT 0");
  expect(runner.run("SELECT VALUE t.fresh FROM T AS t WHERE t.id = 2")).toEqual(["[1]"]);
});

test("a nested source without a value is a row of its document, with nothing of its own to change", () => {
  runner.run("INSERT INTO T ?", "{id: 3, owners: null}");
  expect(runner.run("FROM T AS t, t.owners.second AS s WHERE s.p IS MISSING SET t.none = TRUE")).toHaveLength(1);
  expect(runner.run("FROM T AS t, t.owners AS o WHERE t.id = 3 SET o.x = 1")).toEqual([]);
  expect(all()[2]).toBe("{id:3,owners:null,none:true}");
});

test("a nested source may lead to many parts", () => {
  expect(runner.run("FROM T AS t, t.owners.second[*].n AS n SET n = n + 1")).toHaveLength(2);
  expect(runner.run("FROM T AS t, t.owners.* AS every WHERE t.id = 2 INSERT INTO every VALUE 'last'")).toHaveLength(1);
  expect(all()).toEqual(["{id:1,owners:{second:[{p:a,n:2},{p:b,n:3},{p:a,n:4}]}}", '{id:2,owners:{second:[{p:b,n:5},"last"]}}']);
});

test("INSERT INTO needs a document", () => {
  expect(() => runner.run("INSERT INTO T <<>>")).toThrow("column 15: INSERT INTO needs at least one document");
  expect(() => runner.run("INSERT INTO T ?", "[]")).toThrow("INSERT INTO needs at least one document");
  expect(() => runner.run("INSERT INTO T VALUE <<{'a': 1}>>")).toThrow("a document has to be a struct, found a value of type bag");
});

test.each([
  ['CREATE TABLE "select"', "Table name 'select' is not valid: it is a reserved word"],
  ['CREATE TABLE "User"', "Table name 'User' is not valid: it is a reserved word"],
  ["CREATE TABLE user", "a reserved word"],
  ["CREATE TABLE _ql_mine", "names that begin with _ql_ are the ledger's own"],
  ["CREATE TABLE _ql_committed_T", "names that begin with _ql_"],
  [`CREATE INDEX ON T (${"x".repeat(129)})`, "column 20: an index is on a field with a name of at most 128 characters, found 129"],
])("%s is refused", (statement, message) => {
  expect(() => runner.run(statement)).toThrow(message);
});

test("a name of 128 characters can be indexed", () => {
  expect(runner.run(`CREATE INDEX ON T (${"x".repeat(128)})`)).toHaveLength(1);
});

test("a change knows what its names mean", () => {
  expect(() => runner.run("UPDATE T AS t SET T.id = 1")).toThrow("column 19: No such variable named 'T'");
  expect(() => runner.run("DELETE FROM T AS t WHERE T.id = 1")).toThrow("column 26: No such variable named 'T'");
  expect(() => runner.run("DELETE FROM T AS t WHERE t.id")).toThrow("column 26: expected a bool, found a value of type int");
  expect(runner.run("UPDATE T SET T.id = 5")).toHaveLength(2);
});
