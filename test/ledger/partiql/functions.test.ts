import { expect, test } from "vitest";
import { Runner } from "./run.ts";

const runner = new Runner();
const time = "`2020-02-29T23:59:58.250+01:30`";

test.each([
  ["COALESCE(NULL, MISSING, 3, 4)", "3"],
  ["COALESCE(NULL)", "null"],
  ["NULLIF(1, 1.0)", "null"],
  ["NULLIF(1, 2)", "1"],
  ["SIZE([1, 2])", "2"],
  ["SIZE({'a': 1})", "1"],
  ["SIZE('a')", "MISSING"],
  ["EXISTS(SELECT * FROM <<1>> AS x)", "true"],
  ["EXISTS(SELECT * FROM <<1>> AS x WHERE x > 1)", "false"],
  ["CHAR_LENGTH('a🙂')", "2"],
  ["CHARACTER_LENGTH(`ab`)", "2"],
  ["char_length(NULL)", "null"],
  ["LOWER('ÄB')", '"äb"'],
  ["Upper('äb')", '"ÄB"'],
  ["UPPER(MISSING)", "MISSING"],
  ["UPPER(1)", "MISSING"],
  ["SUBSTRING('123456789', 1)", '"123456789"'],
  ["SUBSTRING('123456789', 2)", '"23456789"'],
  ["SUBSTRING('123456789', 1, 5)", '"12345"'],
  ["SUBSTRING('123456789', -4, 5)", '""'],
  ["SUBSTRING('123456789', 0, 2)", '"1"'],
  ["SUBSTRING('123456789' FROM 3 FOR 2)", '"34"'],
  ["SUBSTRING('1', 3, 2)", '""'],
  ["TRIM('  a ')", '"a"'],
  ["TRIM(LEADING FROM '  a ')", '"a "'],
  ["TRIM(TRAILING 'xy' FROM 'axyx')", '"a"'],
  ["TRIM('1' FROM '1a1')", '"a"'],
  ["CAST('1' AS INT)", "1"],
  ["CAST(' +12 ' AS INTEGER)", "12"],
  ["CAST(1.9 AS INT)", "1"],
  ["CAST(-1.9 AS INT)", "-1"],
  ["CAST(TRUE AS INT)", "1"],
  ["CAST(1 AS STRING)", '"1"'],
  ["CAST(TRUE AS VARCHAR(10))", '"true"'],
  ["CAST('a' AS SYMBOL)", "a"],
  ["CAST('tRue' AS BOOL)", "true"],
  ["CAST(0 AS BOOLEAN)", "false"],
  ["CAST('1.5' AS FLOAT)", "1.5e0"],
  ["CAST(1 AS DECIMAL)", "1."],
  ["CAST('1.50' AS DECIMAL)", "1.50"],
  ["CAST('7' AS DECIMAL(5, 2))", "7."],
  ["CAST(`1.5e0` AS DECIMAL)", "1.5"],
  ["CAST('2020-01-01T00:00Z' AS TIMESTAMP)", "2020-01-01T00:00Z"],
  ["CAST((1, 2) AS LIST)", "[1,2]"],
  ["CAST(NULL AS INT)", "null"],
  ["CAST(MISSING AS INT)", "MISSING"],
  ["CAST(`{{aGk=}}` AS CLOB)", '{{"hi"}}'],
  [`EXTRACT(YEAR FROM ${time})`, "2020"],
  [`EXTRACT(MONTH FROM ${time})`, "2"],
  [`EXTRACT(day FROM ${time})`, "29"],
  [`EXTRACT(HOUR FROM ${time})`, "23"],
  [`EXTRACT(MINUTE FROM ${time})`, "59"],
  [`EXTRACT(SECOND FROM ${time})`, "58.250"],
  [`EXTRACT(TIMEZONE_HOUR FROM ${time})`, "1"],
  [`EXTRACT(TIMEZONE_MINUTE FROM ${time})`, "30"],
  ["DATE_ADD(year, 1, `2020-02-29T`)", "2021-02-28T"],
  ["DATE_ADD(month, -1, `2020-03-31T`)", "2020-02-29T"],
  ["DATE_ADD(day, 1, `2020T`)", "2020-01-02T"],
  ["DATE_ADD(hour, 1, `2020-12-31T23:30+01:00`)", "2021-01-01T00:30+01:00"],
  ["DATE_ADD(second, 5, `2020-01-01T00:00Z`)", "2020-01-01T00:00:05Z"],
  ["DATE_DIFF(year, `2020-02-01T`, `2021-01-31T`)", "0"],
  ["DATE_DIFF(month, `2020-01-31T`, `2020-03-01T`)", "1"],
  ["DATE_DIFF(day, `2020-03-01T`, `2020-02-28T`)", "-2"],
  ["DATE_DIFF(minute, `2020T`, `2020-01-01T01:30Z`)", "90"],
  [`TO_STRING(${time}, 'yyyy-MM-dd''T''HH:mm:ss.SSS XXX')`, '"2020-02-29T23:59:58.250 +01:30"'],
  ["TO_STRING(`1969-07-20T20:18Z`, 'MMMM d, y h:m a X')", '"July 20, 1969 8:18 PM Z"'],
  ["TO_TIMESTAMP('2007-02-23T12:14:33.079-08:00')", "2007-02-23T12:14:33.079-08:00"],
  ["TO_TIMESTAMP('2016', 'y')", "2016T"],
  ["TO_TIMESTAMP('March 5, 2016', 'MMMM d, y')", "2016-03-05T"],
  ["TO_TIMESTAMP('3/5/2016 1:05 PM +02:00', 'M/d/y h:mm a xxx')", "2016-03-05T13:05+02:00"],
  ["UTCNOW()", "2024-05-06T07:08:09.010Z"],
  ["TXID()", `"${runner.transaction.id}"`],
])("%s → %s", (expression, value) => {
  expect(runner.value(expression)).toBe(value);
});

test.each([
  ["NOSUCH(1)", "No such function: nosuch"],
  ["UPPER()", "upper takes 1 argument(s), received 0"],
  ["CAST('a' AS INT)", "cannot cast"],
  ["CAST(1 AS NONSENSE)", "cannot cast"],
  ["CAST(`1d5000` AS INT)", "cannot cast"],
  ["EXTRACT(CENTURY FROM `2020T`)", "CENTURY is no part of a time"],
  ["DATE_ADD(year, 9000, `2020T`)", "the year is 11020"],
  ["DATE_ADD(hour, -23, `0001-01-01T00:00-00:00`)", "no timestamp"],
  ["TO_TIMESTAMP('nonsense')", "is no timestamp"],
  ["TO_TIMESTAMP('2016-02-30', 'y-M-d')", "there is no day 30"],
  ["TO_TIMESTAMP('0001-01-01 00:00 +01:00', 'y-M-d H:m XXX')", "the year is 0"],
  ["TO_TIMESTAMP('1 1', 'y y')", "twice"],
  ["TO_STRING(`2020T`, 'Q')", "no part of a timestamp format"],
])("%s is refused", (expression, message) => {
  expect(() => runner.value(expression)).toThrow(message);
});

const numbers = "FROM <<{'n': 1, 's': 'b'}, {'n': 2.5, 's': 'a'}, {'n': NULL}, {}>> AS t";

test.each([
  ["COUNT(*)", "4"],
  ["COUNT(t.n)", "2"],
  ["SUM(t.n)", "3.5"],
  ["AVG(t.n)", "1.75"],
  ["MIN(t.n)", "1"],
  ["MAX(t.n)", "2.5"],
  ["MIN(t.s)", '"a"'],
  ["MAX(t.nothing)", "null"],
  ["SUM(t.n) + COUNT(*)", "7.5"],
])("aggregate %s → %s", (expression, value) => {
  expect(runner.run(`SELECT VALUE ${expression} ${numbers}`)).toEqual([value]);
});

test("names of aggregates' columns", () => {
  expect(runner.run(`SELECT COUNT(*), SUM(t.n) AS total ${numbers}`)).toEqual(["{_1:4,total:3.5}"]);
  expect(runner.run(`SELECT COUNT(*) ${numbers} WHERE FALSE`)).toEqual(["{_1:0}"]);
  expect(() => runner.run(`SELECT COUNT(DISTINCT t.n) ${numbers}`)).toThrow("not supported");
  expect(() => runner.run(`SELECT SUM(t.s) ${numbers}`)).toThrow("SUM of a value of type string");
  expect(() => runner.run(`SELECT * ${numbers} WHERE COUNT(*) > 1`)).toThrow("allowed in SELECT only");
});
