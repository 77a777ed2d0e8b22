import { expect, test } from "vitest";
import { findRoute, type Route } from "../../dashboard/routes.ts";

const answer = async () => ({});
const routes: Route[] = [
  { method: "GET", path: "/api/payouts", answer },
  { method: "GET", path: "/api/payouts/:payout", answer },
  { method: "POST", path: "/api/payouts/:payout/cancel", answer },
];

function found(method: string, path: string) {
  const route = findRoute(routes, method, path);
  return typeof route === "object" ? { path: route.route.path, parts: route.parts } : route;
}

test.each([
  ["GET", "/api/payouts", { path: "/api/payouts", parts: {} }],
  ["GET", "/api/payouts/pay-1", { path: "/api/payouts/:payout", parts: { payout: "pay-1" } }],
  ["GET", "/api/payouts/a%2Fb%20c", { path: "/api/payouts/:payout", parts: { payout: "a/b c" } }],
  ["POST", "/api/payouts/pay-1/cancel", { path: "/api/payouts/:payout/cancel", parts: { payout: "pay-1" } }],
  ["GET", "/api/payouts/pay-1/cancel", "method"],
  ["DELETE", "/api/payouts", "method"],
  ["GET", "/api/payouts/", undefined],
  ["GET", "/api/payouts/%E0%A4%A", undefined],
  ["GET", "/api/payouts/a/b", undefined],
  ["GET", "/api", undefined],
])("%s %s", (method, path, expected) => {
  expect(found(method, path)).toEqual(expected);
});
