import { describe, expect, test } from "vitest";
import { parseFileMount } from "../../model/file-mounts.ts";
import { defaultServiceHost, takesCustodian } from "../../model/program-settings.ts";
import { ConfigError, parseSettings } from "../../model/settings.ts";

const parsed = (role: "service" | "worker" | "payout", value: unknown) =>
  parseSettings({ [`nitro:${role}`]: JSON.stringify(value) }, "alice");

/** The lines of problems, without title and help. */
function problems(role: "service" | "worker" | "payout", value: unknown): string[] {
  try {
    parsed(role, value);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n").filter((line) => line.startsWith("  - "));
    throw error;
  }
  return [];
}

describe("variables", () => {
  test("texts, and what pulumi makes of numbers and words", () => {
    const { worker, service } = parsed("service", { env: { ZEBPAY_SERVER: "http://zebpay", RETRIES: 3, VERBOSE: true, EMPTY: "" } });
    expect(service.env).toEqual({ ZEBPAY_SERVER: "http://zebpay", RETRIES: "3", VERBOSE: "true", EMPTY: "" });
    expect(worker.env).toEqual({});
  });

  test("a number with a point might not be what was written", () => {
    expect(problems("worker", { env: { VERSION: 1.1 } })).toEqual([
      "  - nitro:worker.env.VERSION: allowed is a text; put a number with a point into quotes",
    ]);
  });

  test("the stack's own are refused by name, and no value is repeated", () => {
    expect(problems("service", { env: { ADDR: "topsecret", AWS_ENDPOINT_URL_STS: "topsecret" } })).toEqual([
      "  - nitro:service.env.ADDR: the stack sets it itself",
      "  - nitro:service.env.AWS_ENDPOINT_URL_STS: the stack sets it itself",
    ]);
    expect(problems("service", { env: { PAYMENT_CUSTODIANS: "a" } })).toEqual([
      "  - nitro:service.env.PAYMENT_CUSTODIANS: the stack sets it itself: set nitro:payout.custodians",
    ]);
    expect(problems("worker", { env: { NITRO_API_BASE: "a" } })).toEqual([
      "  - nitro:worker.env.NITRO_API_BASE: the stack sets it itself: set nitro:service.host",
    ]);
    expect(problems("worker", { env: { AWS_CA_BUNDLE: "/ca.pem" } })[0]).toContain("programs end at their start");
    // What only the service gets is free for the worker.
    expect(problems("worker", { env: { ADDR: "0.0.0.0:1" } })).toEqual([]);
  });

  test("names are names, and a problem elsewhere shows no value of a variable", () => {
    expect(problems("service", { env: { "A-B": "topsecret", "": "x" } })).toEqual([
      "  - nitro:service.env.A-B: a variable's name has letters, digits and underscores",
      "  - nitro:service.env.: a variable's name has letters, digits and underscores",
    ]);
    const [both] = problems("service", { binary: "a", image: "b", env: { KEY: "topsecret" } });
    expect(both).toContain('nitro:service is {"binary":"a","image":"b","env":["KEY"]}: allowed is one of binary and image');
    expect(problems("service", { env: "topsecret" })).toEqual(["  - nitro:service.env: allowed is a record"]);
  });
});

describe("files", () => {
  test("a source and a path in the container, as docker has them", () => {
    expect(parsed("worker", { files: ["./a:/etc/a", "/b:c:/etc/b/"] }).worker.files.map(parseFileMount)).toEqual([
      { source: "./a", target: "/etc/a" },
      { source: "/b:c", target: "/etc/b" },
    ]);
  });

  test.each(["./a", ":/etc/a", "./a:etc/a", "./a:/", "./a:/etc/../nitro", "./a:/etc//a"])("%s is none", (entry) => {
    expect(problems("service", { files: [entry] })[0]).toContain(`nitro:service.files.0 is "${entry}": allowed is SOURCE:TARGET`);
  });

  test.each(["/nitro/bin", "/payments", "/payments/payment-test/secrets/x.pub", "/tmp/x", "/proc"])(
    "%s is the container's own",
    (target) => {
      expect(problems("service", { files: [`./a:${target}`] })[0]).toContain("the container has its own");
    },
  );

  test("beside what is the container's own there is room", () => {
    expect(problems("service", { files: ["./a:/payments/a", "./b:/nitrogen", "./c:/payments/payment-test/other"] })).toEqual([]);
    expect(problems("service", { files: ["./a:/etc/a", "./b:/etc/a/"] })[0]).toContain("two of them are mounted at /etc/a");
  });
});

test("the service's host is a name that no other part has", () => {
  expect(parsed("service", {}).service.host).toBe(defaultServiceHost);
  for (const host of ["service", "payments.example.com", "a"]) expect(parsed("service", { host }).service.host).toBe(host);
  for (const host of ["payments:8080", "Payments", "-a", "a..b", "http://a", ""])
    expect(problems("service", { host })[0]).toContain("must be a host's name without a port");
  for (const host of ["worker", "redis", "s3.localstack", "127.0.0.1", "localhost"])
    expect(problems("service", { host })[0]).toContain("must be no address, and no name of another part");
});

test("arguments may be numbers", () => {
  expect(parsed("worker", { args: ["serve", 8080, true] }).worker.args).toEqual(["serve", "8080", "true"]);
  expect(parsed("worker", {}).worker.args).toBeUndefined();
});

test("payouts are made by a custodian that the executable is told to take", () => {
  expect(parsed("payout", { custodian: "zebpay", custodians: ["dryrun-*", "zebpay"], currency: "USD", from: "me" }).payout).toEqual({
    custodian: "zebpay",
    custodians: ["dryrun-*", "zebpay"],
    currency: "USD",
    from: "me",
  });
  expect(problems("payout", { custodians: ["zebpay"] })).toEqual([
    "  - nitro:payout.custodian is undefined: payout.custodians (zebpay) does not have it: pulumi config set --stack alice --path nitro:payout.custodian <name>",
  ]);
  expect(takesCustodian(["dryrun-*"], "dryrun-pay-fails")).toBe(true);
  expect(takesCustodian(["dryrun-*"], "uphold")).toBe(false);
  expect(takesCustodian([], "uphold")).toBe(true);
});
