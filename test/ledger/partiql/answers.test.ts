import { beforeAll, expect, test } from "vitest";
import { Runner } from "./run.ts";

/** What statements answer where PartiQL's values meet: bags, absent values, paths to many parts, names. */
const runner = new Runner();

beforeAll(() => {
  for (const table of ["T", "V", "stores"]) runner.run(`CREATE TABLE ${table}`);
  runner.run("INSERT INTO T ?", "{k: 1, n: 2, items: [{s: 1, q: [1, 2]}, {s: 2, q: [3]}], o: {a: 1, b: {c: 2}}}");
  runner.run("INSERT INTO T ?", "{k: 2, items: null}");
  for (const v of ["1", "[1]", "(1)", "[[1]]", '"a"', "null"]) runner.run("INSERT INTO V ?", `{v: ${v}}`);
  runner.run("INSERT INTO stores ?", "{id: 1, books: [{t: 1}, {t: 2}]}");
  runner.run("INSERT INTO stores ?", "{id: 2, books: [{t: 3}]}");
});

test.each([
  ["1 IN [[1]]", "false"],
  ["[1] IN [[1]]", "true"],
  ["1 IN <<[1]>>", "false"],
  ["[1] IN <<[1]>>", "true"],
  ["1 IN ([1])", "false"],
  ["[1] IN ([1])", "true"],
  ["1 IN ([1], 2)", "false"],
  ["1 IN [1]", "true"],
  ["1 IN `(1)`", "true"],
  ["1 IN (`(1)`)", "false"],
  ["`(1)` IN (`(1)`)", "true"],
  ["`(1)` IN ([1])", "false"],
  ["[1] IN (<<1>>)", "false"],
  ["<<1>> IN (<<1>>)", "true"],
  ["[1] = `(1)`", "false"],
  ["[1] = <<1>>", "false"],
  ["(1, 2) = [1, 2]", "true"],
  ["<<1, 2>> = <<2, 1>>", "true"],
  ["<<1, 1, 2>> = <<1, 2, 2>>", "false"],
  ["<<1, <<2, 3>>>> = <<<<3, 2>>, 1>>", "true"],
  ["<<{'a': <<1, 2>>}>> = <<{'a': <<2, 1>>}>>", "true"],
  ["{'a': <<1>>} = {'a': [1]}", "false"],
  ["[<<1>>] <> [<<2>>]", "true"],
  ["<<1>> IS BAG", "true"],
  ["<<1>> IS LIST", "false"],
  ["[1] IS BAG", "false"],
  ["(SELECT VALUE x FROM [1] AS x) IS BAG", "true"],
  ["SIZE([1, MISSING, 2])", "3"],
  ["SIZE(<<1, MISSING, 2>>)", "3"],
  ["[1, MISSING, 2][2]", "2"],
  ["[1, MISSING][1] IS MISSING", "true"],
  ["SIZE({'a': MISSING, 'b': 1})", "1"],
  ["0.5 IS DECIMAL(2, 2)", "true"],
  ["1.5 IS DECIMAL(2, 2)", "false"],
  ["1.50 IS DECIMAL(2, 1)", "true"],
  ["0.055 IS DECIMAL(4, 2)", "false"],
  ["100. IS DECIMAL(2)", "false"],
  ["0.0 IS NUMERIC(1, 1)", "true"],
  ["'abc' IS VARCHAR(3)", "true"],
  ["'abc' IS VARCHAR(2)", "false"],
  ["'ab' IS CHAR(3)", "false"],
  ["{'a': 1, 'b': 2}[1]", "2"],
  ["<<1, 2>>[0] IS MISSING", "true"],
])("%s → %s", (expression, value) => {
  expect(runner.value(expression)).toBe(value);
});

test.each([
  ["100.00 / 2", "50.00"],
  ["1.10 + 2.2", "3.30"],
  ["1.10 - 1.1", "0.00"],
  ["1.5 * 2.00", "3.000"],
  ["10 / 4.", "2.5"],
  ["100 / 2.0", "5d1"],
  ["1.00 / 8", "0.125"],
  ["0.00 / 3", "0.00"],
  ["-7.50 / 2.5", "-3.0"],
  ["2 / 3.", "0.66666666666666666666666666666666666667"],
  ["-2 / 3.", "-0.66666666666666666666666666666666666667"],
  ["7.50 % 2.0", "1.50"],
  ["-7.5 % 2", "-1.5"],
  ["99999999999999999999.5 * 99999999999999999999.5", "99999999999999999999000000000000000000d2"],
  ["12345678901234567890123456789012345678.5 + 0", "12345678901234567890123456789012345678."],
  ["12345678901234567890123456789012345679.5 + 0", "12345678901234567890123456789012345680."],
  ["SUM(<<1.10, 2.2>>)", "3.30"],
  ["AVG(<<5000, 6000>>)", "5500."],
  ["AVG(<<1.00, 2>>)", "1.50"],
])("decimals keep their scale: %s → %s", (expression, value) => {
  expect(runner.value(expression)).toBe(value);
});

test.each<[string, string[]]>([
  ["SELECT t.items[*].s FROM T AS t", ["{s:[1,2]}", "{s:[]}"]],
  ["SELECT VALUE t.items[*].s FROM T AS t WHERE t.k = 1", ["[1,2]"]],
  ["SELECT VALUE t.items[*].q[*] FROM T AS t WHERE t.k = 1", ["[1,2,3]"]],
  ["SELECT t.k FROM T AS t WHERE 2 IN t.items[*].s", ["{k:1}"]],
  ["SELECT t.k FROM T AS t WHERE 3 IN t.items[*].q[*]", ["{k:1}"]],
  ["SELECT t.k FROM T AS t WHERE [3] IN t.items[*].q", ["{k:1}"]],
  ["SELECT VALUE t.o.* FROM T AS t WHERE t.k = 1", ["[1,{c:2}]"]],
  ["SELECT t.o.* FROM T AS t WHERE t.k = 1", ["{a:1,b:{c:2}}"]],
  ["SELECT t.o.*, t.k FROM T AS t WHERE t.k = 1", ["{a:1,b:{c:2},k:1}"]],
  ["SELECT VALUE t.o.*.c FROM T AS t WHERE t.k = 1", ["[2]"]],
  ["SELECT v, n FROM T AS t, t.o.* AS v AT n", ['{v:1,n:"a"}', '{v:{c:2},n:"b"}']],
  ["SELECT v, i FROM T AS t, t.items[*].q[*] AS v AT i WHERE t.k = 1", ["{v:1,i:0}", "{v:2,i:1}", "{v:3,i:0}"]],
  ["SELECT VALUE y FROM [{'y': [1, 2]}, {'y': [3]}][*].y[*] AS y", ["1", "2", "3"]],
  ["SELECT VALUE y FROM [{'y': [1, 2]}, {'y': [3]}][*].y AS y", ["[1,2]", "[3]"]],
  ["SELECT VALUE [n, v] FROM (100).* AS v AT n", ['["_1",100]']],
  ["SELECT VALUE (100)[*][*] FROM <<0>>", ["[100]"]],
  ["SELECT VALUE {'a': {'b': 1}, 'c': 2}.*.* FROM <<0>>", ["[1,2]"]],
  ["SELECT b.t FROM stores[*].books[*] AS b WHERE b.t > 1", ["{t:2}", "{t:3}"]],
  ["SELECT VALUE b FROM stores[*].books AS b", ["[{t:1},{t:2}]", "[{t:3}]"]],
  ["SELECT VALUE s.id FROM stores[*] AS s", ["1", "2"]],
  ["SELECT b.t FROM _ql_committed_stores[*].data.books[*] AS b WHERE b.t = 3", ["{t:3}"]],
  ["SELECT s.id, b.t FROM stores AS s, stores[*].books[*] AS b WHERE b.t = 3", ["{id:1,t:3}", "{id:2,t:3}"]],
])("paths to many parts: %s", (statement, rows) => {
  expect(runner.run(statement)).toEqual(rows);
});

test.each<[string, string[]]>([
  ["SELECT t.k, n FROM T AS t, t.nope AS n", ["{k:1}", "{k:2}"]],
  ["SELECT t.k, i FROM T AS t, t.items AS i WHERE t.k = 2", ["{k:2,i:null}"]],
  ["SELECT t.k, i, p FROM T AS t, t.o.a AS i AT p", ["{k:1,i:1}", "{k:2}"]],
  ["SELECT t.k FROM T AS t, @t.nope AS n WHERE n IS MISSING", ["{k:1}", "{k:2}"]],
  ["SELECT x, 1 AS one FROM MISSING AS x", ["{one:1}"]],
  ["SELECT x FROM NULL AS x", ["{x:null}"]],
  ["SELECT VALUE x FROM 5 AS x", ["5"]],
  ["SELECT VALUE x FROM `(1 2)` AS x", ["(1 2)"]],
  ["SELECT VALUE x FROM {'a': 1} AS x", ["{a:1}"]],
  ["SELECT VALUE x FROM [] AS x", []],
  ["SELECT VALUE [x, i] FROM [5, 6] AS x AT i", ["[5,0]", "[6,1]"]],
  ["SELECT x, i FROM <<5, 6>> AS x AT i", ["{x:5}", "{x:6}"]],
  ["SELECT x, i FROM (SELECT VALUE y FROM [5] AS y) AS x AT i", ["{x:5}"]],
  ["SELECT * FROM UNPIVOT MISSING AS v AT n", []],
  ["SELECT * FROM UNPIVOT {'a': MISSING} AS v AT n", []],
  ["SELECT v, n FROM UNPIVOT 5 AS v AT n", ['{v:5,n:"_1"}']],
])("what FROM ranges over: %s", (statement, rows) => {
  expect(runner.run(statement)).toEqual(rows);
});

test("* shows what BY and AT name", () => {
  const [id = ""] = runner.run("SELECT VALUE d FROM T AS t BY d WHERE t.k = 2");
  expect(runner.run("SELECT * FROM T BY d WHERE k = 2")).toEqual([`{k:2,items:null,d:${id}}`]);
  expect(runner.run("SELECT * FROM [5, 6] AS x AT i")).toEqual(["{_1:5,i:0}", "{_1:6,i:1}"]);
  expect(runner.run("SELECT * FROM UNPIVOT {'a': 1} AS v AT n")).toEqual(['{_1:1,n:"a"}']);
  expect(runner.run("SELECT * FROM T AS t BY d, [{'a': 1}] AS x AT i WHERE t.k = 2")).toEqual([`{k:2,items:null,d:${id},a:1,i:0}`]);
  expect(runner.run("SELECT * FROM <<{'a': 1}>> AS x AT i")).toEqual(["{a:1}"]);
});

test("what is absent makes an operator's or a function's answer NULL, and no row passes by it", () => {
  const shown = "t.nope + 1 AS b, t.nope = 1 AS c, -t.nope AS d, NOT t.nope AS e, LOWER(t.nope) AS f, t.nope IN (1) AS g, t.nope AS h";
  expect(runner.run(`SELECT ${shown} FROM T AS t WHERE t.k = 1`)).toEqual(["{b:null,c:null,d:null,e:null,f:null,g:null}"]);
  for (const condition of [
    "t.nope = 1",
    "NOT t.nope = 1",
    "t.nope",
    "t.nope + 1 < 5",
    "t.nope BETWEEN 1 AND 2",
    "t.nope IN (1)",
    "t.nope LIKE 'a'",
  ])
    expect(runner.run(`SELECT VALUE t.k FROM T AS t WHERE ${condition}`), condition).toEqual([]);
});

test("a condition has to be a bool", () => {
  expect(() => runner.run("SELECT * FROM T WHERE 5")).toThrow(
    "Evaluator Error: at line 1, column 23: expected a bool, found a value of type int",
  );
  expect(() => runner.run("SELECT * FROM T AS t WHERE t.k")).toThrow("column 28: expected a bool");
  expect(() => runner.run("SELECT * FROM T AS t JOIN V AS v ON 'x'")).toThrow("column 37: expected a bool, found a value of type string");
});

test("names of columns: a path's last name, however it is written; what is computed has none", () => {
  expect(runner.run("SELECT t['n'], t.o['b']['c'], +t.k, -t.k, (t.k) FROM T AS t WHERE t.k = 1")).toEqual(["{n:2,c:2,_3:1,_4:-1,k:1}"]);
  expect(runner.run("SELECT t.items[0] FROM T AS t WHERE t.k = 1")).toEqual(["{_1:{s:1,q:[1,2]}}"]);
  expect(runner.run("SELECT o.a FROM T AS t, t['o'] WHERE t.k = 1")).toEqual(["{a:1}"]);
});

test("joins in parentheses", () => {
  const rows = ["{k:1,id:1}", "{k:2,id:2}"];
  expect(runner.run("SELECT t.k, s.id FROM (T AS t JOIN stores AS s ON t.k = s.id)")).toEqual(rows);
  expect(runner.run("SELECT t.k, s.id FROM ((T AS t JOIN stores AS s ON t.k = s.id))")).toEqual(rows);
  expect(runner.run("SELECT t.k, s.id FROM (T AS t INNER JOIN T AS u ON t.k = u.k) JOIN stores AS s ON s.id = u.k")).toEqual(rows);
  expect(runner.run("SELECT t.k, s.id FROM T AS t JOIN (T AS u JOIN stores AS s ON s.id = u.k) ON t.k = u.k")).toEqual(rows);
  expect(runner.run("SELECT x.n FROM (SELECT VALUE {'n': y} FROM [1] AS y JOIN [1] AS z ON y = z) AS x")).toEqual(["{n:1}"]);
  expect(() => runner.run("SELECT * FROM (T AS t JOIN stores AS s ON TRUE) AS x")).toThrow("expected the end of the statement");
  expect(() => runner.run(`SELECT * FROM ${"(T AS t JOIN ".repeat(5000)}`)).toThrow("nested deeper than 50");
  expect(() => runner.run(`SELECT * FROM ${"(".repeat(5000)}T JOIN T ON TRUE`)).toThrow("nested deeper than 50");
});

test("a join has a condition", () => {
  expect(() => runner.run("SELECT * FROM T AS t JOIN stores AS s")).toThrow("Parser Error: at line 1, column 38: expected 'ON'");
  expect(() => runner.run("SELECT * FROM T AS t INNER JOIN stores AS s WHERE t.k = s.id")).toThrow("expected 'ON', found 'WHERE'");
  expect(runner.run("SELECT t.k FROM T AS t CROSS JOIN stores AS s")).toHaveLength(4);
});

test.each([
  "SELECT t.k FROM T AS t WHERE EXISTS(SELECT * FROM stores AS s)",
  "SELECT t.k FROM T AS t WHERE t.k IN (SELECT VALUE s.id FROM stores AS s)",
  "SELECT (SELECT VALUE s.id FROM stores[*] AS s) FROM T AS t",
  "SELECT * FROM (SELECT * FROM stores AS s) AS x",
  "SELECT * FROM (SELECT * FROM history(stores) AS s) AS x",
  "SELECT * FROM (SELECT * FROM _ql_committed_stores AS s) AS x",
  "SELECT * FROM (SELECT * FROM information_schema.user_tables AS s) AS x",
  "DELETE FROM T AS t WHERE t.k = (SELECT VALUE s.id FROM stores AS s)",
  "INSERT INTO T << {'n': (SELECT VALUE s.id FROM stores AS s)} >>",
])("a subquery sees no tables: %s", (statement) => {
  expect(() => runner.run(statement)).toThrow(
    /^Semantic Error: at line 1, column \d+: No such variable named .*: a subquery sees no tables/,
  );
});

test("a subquery ranges over values of the query around it, whatever tables are called", () => {
  expect(runner.run("SELECT VALUE stores.id FROM stores WHERE EXISTS(SELECT * FROM stores.books AS b WHERE b.t = 3)")).toEqual(["2"]);
  expect(runner.run("SELECT VALUE s.id FROM stores AS s WHERE 3 IN (SELECT VALUE b.t FROM s.books[*] AS b)")).toEqual(["2"]);
});

test.each([
  ["SELECT T.k FROM T AS t", 8, "T"],
  ["SELECT t.k FROM T AS t WHERE T.k = 1", 30, "T"],
  ["SELECT VALUE T FROM T AS t", 14, "T"],
  ["SELECT VALUE (SELECT VALUE T.k FROM t.items AS i) FROM T AS t", 28, "T"],
  ["SELECT id FROM history(stores) AS h", 8, "id"],
  ["SELECT stores.data FROM _ql_committed_stores AS c", 8, "stores"],
  ["SELECT nothing FROM information_schema.user_tables", 8, "nothing"],
  ["SELECT y FROM <<{'x': 1}>> AS t", 8, "y"],
  ["SELECT y FROM <<1, 2>> AS x", 8, "y"],
  ["SELECT y FROM `[{x: 1}]` AS t", 8, "y"],
])("a name that can mean nothing is refused: %s", (statement, column, name) => {
  expect(() => runner.run(statement)).toThrow(`Semantic Error: at line 1, column ${column}: No such variable named '${name}'`);
});

test.each([
  "SELECT nothing FROM T AS t",
  "SELECT stores FROM T AS t",
  "SELECT x, y FROM <<{'x': 1}, {'y': 2}>> AS t",
  "SELECT data.id, dataHash FROM history(stores) AS h",
  "SELECT T.k FROM T",
])("a name that may be a field is one: %s", (statement) => {
  expect(() => runner.run(statement)).not.toThrow();
});
