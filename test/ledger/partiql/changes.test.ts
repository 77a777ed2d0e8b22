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
  expect(runner.run("FROM T AS t, t.owners.second AS s AT i WHERE t.id = 1 AND s.p = `a` SET s.p = 'c', s.at = i")).toHaveLength(1);
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
