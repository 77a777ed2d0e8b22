import { describe, expect, test } from "vitest";
import { Runner } from "./run.ts";

const runner = new Runner();

/** `expression → value`, one a line. */
function table(name: string, lines: string): void {
  const rows = lines
    .trim()
    .split("\n")
    .map((line) => line.split("→").map((part) => part.trim()));
  test.each(rows)(`${name}: %s → %s`, (expression = "", value) => {
    expect(runner.value(expression)).toBe(value);
  });
}

describe("three-valued logic", () => {
  const truth = ["TRUE", "FALSE", "NULL", "MISSING"] as const;
  test.each(truth.flatMap((a) => truth.map((b) => [a, b] as const)))("%s and %s", (a, b) => {
    const and = a === "FALSE" || b === "FALSE" ? "false" : a === "TRUE" && b === "TRUE" ? "true" : "null";
    const or = a === "TRUE" || b === "TRUE" ? "true" : a === "FALSE" && b === "FALSE" ? "false" : "null";
    expect(runner.value(`${a} AND ${b}`)).toBe(and);
    expect(runner.value(`${a} OR ${b}`)).toBe(or);
  });
  table(
    "not",
    `NOT TRUE → false
     NOT FALSE → true
     NOT NULL → null
     NOT MISSING → null
     NOT NOT TRUE → true`,
  );
});

describe("absent operands, be they NULL or MISSING, make the answer NULL", () => {
  test.each(["=", "<>", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%", "||"])("%s", (operator) => {
    expect(runner.value(`NULL ${operator} 1`)).toBe("null");
    expect(runner.value(`1 ${operator} NULL`)).toBe("null");
    expect(runner.value(`MISSING ${operator} 1`)).toBe("null");
    expect(runner.value(`MISSING ${operator} NULL`)).toBe("null");
  });
});

table(
  "comparison",
  `1 = 1.0 → true
   1 = \`1e0\` → true
   'a' = \`a\` → true
   1 = 'a' → false
   1 <> 'a' → true
   1 < 2 → true
   2 <= 2 → true
   'b' > 'a' → true
   'b' >= 'c' → false
   [1, 2] = [1, 2.0] → true
   {'a': 1, 'b': 2} = {'b': 2, 'a': 1} → true
   TRUE = FALSE → false
   \`2020T\` = \`2020-01-01T00:00:00Z\` → true
   \`2020T\` < \`2021T\` → true
   \`nan\` = \`nan\` → false`,
);

table(
  "arithmetic",
  `1 + 2 * 3 → 7
   (1 + 2) * 3 → 9
   7 / 2 → 3
   -7 / 2 → -3
   -7 % 2 → -1
   7 / 2.0 → 3.5
   1 / 3. → 0.33333333333333333333333333333333333333
   1.10 + 2.205 → 3.305
   1.5 * 2 → 3.0
   7.5 % 2 → 1.5
   1 + \`0.5e0\` → 1.5e0
   \`1e0\` / 0 → +inf
   - - 3 → 3
   +3 → 3
   -(2.50) → -2.50
   99999999999999999999 + 1 → 100000000000000000000
   'a' || 'b' || \`c\` → "abc"`,
);

table(
  "is",
  `NULL IS NULL → true
   MISSING IS NULL → true
   NULL IS MISSING → false
   MISSING IS MISSING → true
   1 IS NULL → false
   1 IS NOT NULL → true
   \`null.int\` IS NULL → true
   1 IS INT → true
   1 IS NOT INTEGER → false
   1.0 IS DECIMAL → true
   \`1e0\` IS FLOAT → true
   'a' IS STRING → true
   \`a\` IS SYMBOL → true
   TRUE IS BOOLEAN → true
   [1] IS LIST → true
   {'a': 1} IS STRUCT → true
   \`2020T\` IS TIMESTAMP → true`,
);

table(
  "in",
  `1 IN (1, 2) → true
   3 IN (1, 2) → false
   3 NOT IN (1, 2) → true
   1 IN [1.0] → true
   1 IN <<2, 1>> → true
   1 IN 1 → null
   NULL IN (1) → null
   3 IN (1, NULL) → null
   1 IN (1, NULL) → true
   1 IN (SELECT VALUE x FROM <<1, 2>> AS x) → true
   1 IN (SELECT x FROM <<1, 2>> AS x) → true`,
);

table(
  "between",
  `2 BETWEEN 1 AND 3 → true
   1 BETWEEN 1 AND 3 → true
   0 BETWEEN 1 AND 3 → false
   0 NOT BETWEEN 1 AND 3 → true
   NULL BETWEEN 1 AND 3 → null
   4 BETWEEN NULL AND 3 → false
   'b' BETWEEN 'a' AND 'c' AND TRUE → true`,
);

table(
  "like",
  `'abc' LIKE 'abc' → true
   'abc' LIKE 'ab' → false
   'abc' LIKE '%' → true
   '' LIKE '%' → true
   '' LIKE '_' → false
   'abc' LIKE 'a%c' → true
   'abcabd' LIKE '%ab_' → true
   'abc' LIKE '_b_' → true
   'a%c' LIKE 'a\\%c' ESCAPE '\\' → true
   'abc' LIKE 'a\\%c' ESCAPE '\\' → false
   '🙂x' LIKE '_x' → true
   'abc' NOT LIKE 'b%' → true
   NULL LIKE 'a' → null
   'a' LIKE MISSING → null`,
);

table(
  "case",
  `CASE WHEN FALSE THEN 1 WHEN TRUE THEN 2 ELSE 3 END → 2
   CASE WHEN NULL THEN 1 ELSE 3 END → 3
   CASE WHEN FALSE THEN 1 END → null
   CASE 2 WHEN 1 THEN 'one' WHEN 2 THEN 'two' END → "two"
   CASE NULL WHEN NULL THEN 1 ELSE 2 END → 2`,
);

table(
  "paths",
  `{'a': {'b': [1, 2]}}.a.b[1] → 2
   {'a': 1}['a'] → 1
   {'a': 1}."a" → 1
   {'a': 1}.b → MISSING
   {'a': 1}.A → MISSING
   [1, 2][2] → MISSING
   [1, 2][-1] → MISSING
   [1, 2]['a'] → MISSING
   (1).a → MISSING
   \`{a: [10, 20]}\`.a[0] → 10
   [{'a': 1}, 2][*] → [{a:1},2]`,
);

table(
  "literals",
  `'it''s' → "it's"
   \`{a: "\`"}\` → {a:"\`"}
   1e2 → 1d2
   1.50 → 1.50
   .5 → 0.5
   NULL → null
   \`null.string\` → null.string
   \`x::y\` → x::y
   [1, MISSING, 2] → [1,2]
   {'a': MISSING, 'b': NULL} → {b:null}
   <<1, 'a'>> → [1,"a"]
   (1, 2) → [1,2]
   {} → {}`,
);

test.each([
  ["1 / 0", "division by zero"],
  ["1 % 0", "division by zero"],
  ["NOT 1", "expected a bool"],
  ["1 AND TRUE", "expected a bool"],
  ["'a' LIKE 'a\\' ESCAPE '\\'", "ends with its escape"],
  ["'a' LIKE 'a' ESCAPE 'ab'", "one character"],
  ["1 IS NONSENSE", "No such type"],
  ["`1d100000000` * `1d100000000`", "too far apart"],
  ["`1d5000` + 1", "too far apart"],
  ["(SELECT VALUE x FROM <<1, 2>> AS x) + 1", "several rows"],
  ["{1: 2}", "has to be a string"],
  ["1 < 'a'", "column 16: '<' has no order for values of types int and string"],
  ["1 BETWEEN 'a' AND 2", "'>=' has no order for values of types int and string"],
  ["[1] < [2]", "types list and list"],
  ["1 + 'a'", "column 16: '+' needs numbers, found values of types int and string"],
  ["TRUE * 2", "'*' needs numbers, found values of types bool and int"],
  ["- 'a'", "column 14: '-' needs a number, found a value of type string"],
  ["+ [1]", "'+' needs a number, found a value of type list"],
  ["'a' || 1", "column 18: '||' needs texts, found values of types string and int"],
  ["1 || `x`", "found values of types int and symbol"],
  ["1 LIKE 'a'", "LIKE needs texts, found values of types int, string"],
  ["'a' LIKE 'a' ESCAPE 3", "found values of types string, string, int"],
  ["NOT 'x'", "column 14: expected a bool, found a value of type string"],
  ["TRUE AND `x`", "expected a bool, found a value of type symbol"],
  ["CASE WHEN 5 THEN 1 END", "column 24: expected a bool, found a value of type int"],
  ["[1, 2][1.5]", "column 20: an index has to be a number or a text, found a value of type decimal"],
  ["{'a': 1}[TRUE]", "found a value of type bool"],
])("%s is refused: %s", (expression, message) => {
  expect(() => runner.value(expression)).toThrow(message);
});
