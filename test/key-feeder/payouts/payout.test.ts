import { expect, test } from "vitest";
import { type PreparedPayment, paymentKey } from "../../../key-feeder/payouts/messages.ts";
import { Payout } from "../../../key-feeder/payouts/payout.ts";
import type { StoredPayout } from "../../../key-feeder/payouts/streams.ts";
import { Random } from "../../ledger/random.ts";

const quietMs = 10_000;
const rules = { custodians: [], quietMs };

interface Message {
  readonly payment: PreparedPayment;
  readonly operator: number;
}

interface Answer {
  readonly payment: PreparedPayment;
  readonly at: number;
}

/** A worker that sends up to ten messages side by side to a service that reads a payment and writes it in two transactions. */
class World {
  now = 1_000_000;
  readonly prepared: Answer[] = [];
  readonly answered: Answer[] = [];
  readonly queue: Message[] = [];
  readonly sent: Message[] = [];
  private readonly operators = new Map<string, ReadonlySet<number>>();
  private readonly random: Random;

  constructor(random: Random) {
    this.random = random;
  }

  put(message: Message): void {
    this.queue.push(message);
    this.sent.push(message);
  }

  deliver(): void {
    const batch = this.queue.splice(0, 1 + this.random.below(10));
    const read = batch.map((message) => ({ message, before: this.operators.get(message.payment.documentId) ?? new Set<number>() }));
    while (read.length > 0) {
      const [{ message, before } = expect.fail()] = read.splice(this.random.below(read.length), 1);
      this.operators.set(message.payment.documentId, new Set([...before, message.operator]));
      this.answered.push({ payment: message.payment, at: this.now });
    }
  }

  /** Payments with both operators' authorizations. */
  get paid(): number {
    return [...this.operators.values()].filter(({ size }) => size === 2).length;
  }
}

/** A key-feeder with what Redis remembers of it. What it has read is lost when it is killed. */
class Feeder {
  private readonly world: World;
  private readonly dealtWith = new Set<string>();
  private readonly firstOnly = new Map<string, string>();
  private stored: StoredPayout;
  private payout: Payout;

  constructor(world: World, count: number) {
    this.world = world;
    this.stored = { payoutId: "p", stream: "prepare-p", count, batchSize: 10, position: "0", answered: "0", dealtWith: 0 };
    this.payout = new Payout(this.stored, this.firstOnly);
  }

  kill(): void {
    this.payout = new Payout({ ...this.stored, dealtWith: this.dealtWith.size }, new Map(this.firstOnly));
  }

  /** Reads up to so many new answers of each stream. */
  read(most: number): void {
    const { payout, world } = this;
    const [position, answered] = [Number(payout.stored.position), Number(payout.stored.answered)];
    const prepared = world.prepared.slice(position, position + most);
    for (const { payment, at } of prepared) if (!this.dealtWith.has(payment.documentId)) payout.wasPrepared(payment, at);
    const submitted = payout.positions.length > 1 ? world.answered.slice(answered, answered + most) : [];
    for (const { payment, at } of submitted) payout.wasAnswered(paymentKey(payment), at);
    payout.stored = { ...payout.stored, position: `${position + prepared.length}`, answered: `${answered + submitted.length}` };
  }

  act(): void {
    const { payout, world } = this;
    const first = payout.decideFirst(rules, world.now);
    const second = payout.decideSecond(rules, world.now);
    if (first.action === "authorize") {
      for (const payment of first.payments) {
        this.dealtWith.add(payment.documentId);
        this.firstOnly.set(paymentKey(payment), payment.documentId);
        world.put({ payment, operator: 0 });
      }
      this.stored = { ...this.stored, position: payout.stored.position };
      payout.firstIsDone(new Map(this.firstOnly));
    }
    if (second.action === "authorize") {
      for (const { payment } of second.payments) {
        const { payment: prepared = expect.fail() } = world.prepared.find((answer) => paymentKey(answer.payment) === payment) ?? {};
        this.firstOnly.delete(payment);
        world.put({ payment: prepared, operator: 1 });
      }
      this.stored = { ...this.stored, answered: payout.stored.answered };
      payout.secondIsDone();
    }
  }
}

function payments(count: number): PreparedPayment[] {
  return Array.from({ length: count }, (_, index) => ({
    documentId: `d${index}`,
    to: `to-${index}`,
    from: "f",
    amount: "1",
    currency: "BAT",
    payoutId: "p",
    custodian: "dryrun-happypath",
  }));
}

test.each([1, 2, 3, 5, 9, 10, 11, 20, 100])(
  "%i payments: all paid, each authorized once by each operator, whatever happens when",
  (count) => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed * 1_000 + count);
      const world = new World(random);
      const feeder = new Feeder(world, count);
      const left = payments(count);
      for (let step = 0; world.paid < count; step++) {
        if (step > 100 * (count + 10)) expect.fail(`seed ${seed}: ${world.paid} of ${count} paid after ${step} steps`);
        world.now += random.pick([1, 10, 1_000, quietMs]);
        const what = random.below(20);
        if (what < 6) for (const payment of left.splice(0, 1 + random.below(10))) world.prepared.push({ payment, at: world.now });
        else if (what < 11) world.deliver();
        else if (what < 19) {
          feeder.read(1 + random.below(20));
          feeder.act();
        } else feeder.kill();
      }
      const sent = world.sent.map(({ payment, operator }) => `${payment.documentId} ${operator}`);
      expect(new Set(sent).size, `seed ${seed}`).toBe(sent.length);
      expect(sent.length, `seed ${seed}`).toBe(2 * count);
    }
  },
);

test("in such a world both operators at once lose authorizations", () => {
  const world = new World(new Random(1));
  for (const operator of [0, 1]) for (const payment of payments(5)) world.put({ payment, operator });
  while (world.queue.length > 0) world.deliver();
  expect(world.paid).toBeLessThan(5);
});

test("the second operator waits for all of the first one's answers, and no longer than the quiet time for the last of them", () => {
  const world = new World(new Random(1));
  const feeder = new Feeder(world, 3);
  const [a = expect.fail(), b = expect.fail(), c = expect.fail()] = payments(3);
  const operators = () => world.sent.map(({ operator }) => operator);
  const round = () => {
    feeder.read(100);
    feeder.act();
  };
  for (const payment of [a, b, c]) world.prepared.push({ payment, at: world.now });
  round();
  expect(operators()).toEqual([0, 0, 0]);
  for (const payment of [a, b]) world.answered.push({ payment, at: world.now });
  round();
  world.now += quietMs - 1;
  round();
  expect(operators()).toEqual([0, 0, 0]);
  world.now += 1;
  round();
  expect(operators()).toEqual([0, 0, 0, 1, 1]);
  world.answered.push({ payment: c, at: world.now });
  round();
  expect(operators()).toEqual([0, 0, 0, 1, 1, 1]);
});
