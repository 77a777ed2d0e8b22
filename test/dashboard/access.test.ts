import { describe, expect, test } from "vitest";
import { accessRefusal } from "../../dashboard/access.ts";

const guard = { port: 4000, token: "right-token" };
const own = { host: "127.0.0.1:4000", authorization: "Bearer right-token" };

describe("whoever has the token", () => {
  test.each([[own], [{ ...own, origin: "http://127.0.0.1:4000" }], [{ ...own, host: "localhost:4000", origin: "http://localhost:4000" }]])(
    "is answered: %j",
    (headers) => {
      expect(accessRefusal("/api/stack", headers, guard)).toBeUndefined();
    },
  );
});

describe("is refused", () => {
  test.each([
    ["another name that leads here", { ...own, host: "page.example:4000" }, 403, "page.example:4000"],
    ["another port", { ...own, host: "127.0.0.1:4001" }, 403, "127.0.0.1:4001"],
    ["no host", { authorization: own.authorization }, 403, "Host"],
    ["another site's page", { ...own, origin: "https://page.example" }, 403, "https://page.example"],
    ["a page of another port", { ...own, origin: "http://127.0.0.1:4001" }, 403, "http://127.0.0.1:4001"],
    ["a page of a file, or in a sandbox", { ...own, origin: "null" }, 403, "Origin null"],
    ["no token", { host: own.host }, 401, "token"],
    ["another token", { ...own, authorization: "Bearer right-tokem" }, 401, "token"],
    ["a part of the token", { ...own, authorization: "Bearer right" }, 401, "token"],
    ["the token in another scheme", { ...own, authorization: "Basic right-token" }, 401, "token"],
  ])("%s", (_, headers, status, word) => {
    const refusal = accessRefusal("/api/stack", headers, guard);
    expect(refusal?.status).toBe(status);
    expect(refusal?.message.toLowerCase()).toContain(word.toLowerCase());
  });
});

test("at port 80 browsers name none", () => {
  const at80 = { ...guard, port: 80 };
  expect(accessRefusal("/api/stack", { ...own, host: "127.0.0.1", origin: "http://127.0.0.1" }, at80)).toBeUndefined();
  expect(accessRefusal("/api/stack", { ...own, host: "127.0.0.1" }, guard)?.status).toBe(403);
});

test("the page itself holds nothing of anybody's: it goes without a token, but not to foreign names", () => {
  expect(accessRefusal("/", { host: own.host }, guard)).toBeUndefined();
  expect(accessRefusal("/main.js", { host: "page.example" }, guard)?.status).toBe(403);
});
