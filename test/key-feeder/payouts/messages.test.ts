import { expect, test } from "vitest";
import {
  order,
  parseAnswer,
  parseOrder,
  parseRequestBody,
  paymentKey,
  preparedPayment,
  submittedPayment,
} from "../../../key-feeder/payouts/messages.ts";

const details = { to: "t", from: "f", amount: "3.27", currency: "BAT", payoutId: "p", custodian: "dryrun-happypath" };

function answer(statusCode: unknown, body: unknown): string {
  const octets = typeof body === "string" ? body : JSON.stringify(body);
  return JSON.stringify({ id: "1", timestamp: "2026-09-21T10:00:00Z", response: { statusCode, headers: {}, octets } });
}

test("an order reads back as it was written", () => {
  const written = order("p", "submit-p", 3);
  expect(written).toEqual({ payoutId: "p", consumerGroup: "submit-p-cg", stream: "submit-p", count: 3, batchSize: 10 });
  expect(parseOrder(JSON.stringify(written))).toEqual(written);
});

test("an order without a batch size gets one", () => {
  expect(parseOrder('{"payoutId":"p","stream":"prepare-p","count":1}')).toMatchObject({ batchSize: 10 });
});

test.each([
  "",
  "[]",
  "null",
  '"x"',
  "{}",
  '{"payoutId":"p","stream":"s","count":"1"}',
  '{"payoutId":"p","stream":"s","count":-1}',
  '{"stream":"s","count":1}',
])("%j is no order", (data) => {
  expect(parseOrder(data)).toBeUndefined();
});

test("an answer of 200 with a documentId is a prepared payment", () => {
  expect(preparedPayment(parseAnswer(answer(200, { ...details, documentId: "d" })))).toEqual({ ...details, documentId: "d" });
});

test.each([
  ["another status", answer(400, { ...details, documentId: "d" })],
  ["a status that is no number", answer("200", { ...details, documentId: "d" })],
  ["no documentId", answer(200, details)],
  ["an empty documentId", answer(200, { ...details, documentId: "" })],
  ["no custodian", answer(200, { ...details, custodian: undefined, documentId: "d" })],
  ["a body that is no JSON", answer(200, "oops")],
  ["a body that is a list", answer(200, [details])],
  ["no response", '{"id":"1"}'],
  ["no JSON", "oops"],
])("%s: no prepared payment", (_, data) => {
  expect(preparedPayment(parseAnswer(data))).toBeUndefined();
});

test("the body of a request; empty where there is none", () => {
  expect(parseRequestBody(JSON.stringify({ request: { headers: {}, octets: '{"to":"t"}' } }))).toEqual({ to: "t" });
  for (const data of ["", "{}", '{"request":{"octets":"["}}', '{"request":{"octets":"[1]"}}']) expect(parseRequestBody(data)).toEqual({});
});

test("an answer to submit names its payment as the answer to prepare does, however the amount is written", () => {
  const { payoutId, ...bare } = details;
  const payment = paymentKey(details);
  for (const amount of ["3.27", "3.270", 3.27]) {
    const body = { message: "m", code: 200, data: { status: "prepared", paymentDetails: { ...bare, payoutId, amount } } };
    expect(submittedPayment(parseAnswer(answer(200, body)))).toBe(payment);
    expect(submittedPayment(parseAnswer(answer(500, body)))).toBeUndefined();
  }
  expect(paymentKey({ ...details, amount: "100" })).toBe(paymentKey({ ...details, amount: "100.0" }));
  expect(paymentKey({ ...details, amount: "100" })).not.toBe(paymentKey({ ...details, amount: "1" }));
  expect(submittedPayment(parseAnswer(answer(200, { data: {} })))).toBeUndefined();
});
