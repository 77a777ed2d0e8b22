import { expect, test } from "vitest";
import { type RoleLog, type RoleLogOptions, roleLogs } from "../../automation/role-logs.ts";
import type { ContainerDetails, LogLine, LogOptions } from "../../docker/engine.ts";
import { EngineError } from "../../docker/error.ts";
import { labels, stackNames } from "../../model/names.ts";

const part = { stack: "alice", role: "service", owner: "me" } as const;
const time = (second: number) => `2026-01-01T00:00:0${second}.000000000Z`;
const line = (second: number, text: string): LogLine => ({ stream: "stdout", line: text, time: time(second) });

/** One container after the other; each has its log, and a container that was started again has more of it the second time. */
function engineWith(lives: readonly { readonly id: string; readonly log: readonly LogLine[] | undefined }[], owner = "me") {
  let life = 0;
  const asked: LogOptions[] = [];
  const stop = new AbortController();
  const engine = {
    async inspect(name: string): Promise<ContainerDetails | undefined> {
      expect(name).toBe(stackNames("alice").containers.service);
      life++;
      if (life >= lives.length) stop.abort();
      const has = { [labels.stack]: "alice", [labels.owner]: owner };
      const id = lives[life]?.id;
      return id === undefined ? undefined : ({ id, status: "running", startedAt: time(9), labels: has } as unknown as ContainerDetails);
    },
    async *logs(id: string, options: LogOptions): AsyncGenerator<LogLine> {
      asked.push(options);
      const { log } = lives.find((each, index) => each.id === id && index >= life) ?? {};
      if (log === undefined) throw new EngineError("no such container", 404);
      yield* log.filter(({ time: at = "" }) => options.since === undefined || new Date(at) >= options.since);
    },
  };
  return { engine, asked, signal: stop.signal };
}

async function collect(lives: Parameters<typeof engineWith>[0], options: Partial<RoleLogOptions> = {}) {
  const { engine, asked, signal } = engineWith(lives);
  const entries: RoleLog[] = [];
  for await (const entry of roleLogs(engine, part, { id: lives[0]?.id ?? "" }, { follow: true, signal, ...options })) entries.push(entry);
  return { asked, told: entries.map((entry) => (entry.kind === "line" ? entry.line : `replaced by ${entry.container}`)) };
}

test("a container that takes the part's place is said, and its whole log follows", async () => {
  const { told, asked } = await collect(
    [
      { id: "a", log: [line(1, "one"), line(2, "last words")] },
      { id: "b", log: [line(2, "new one"), line(3, "new two")] },
    ],
    { tail: 5 },
  );
  expect(told).toEqual(["one", "last words", "replaced by b", "new one", "new two"]);
  expect(asked.map(({ tail }) => tail)).toEqual([5, undefined]);
});

test("after a restart of the same container only what is new comes, also where lines have the same time", async () => {
  const before = [line(1, "one"), line(2, "two"), line(2, "two again")];
  const { told } = await collect([
    { id: "a", log: before },
    { id: "a", log: [...before, line(2, "two, later"), line(3, "three")] },
    { id: "a", log: [...before, line(2, "two, later"), line(3, "three"), line(4, "four")] },
  ]);
  expect(told).toEqual(["one", "two", "two again", "two, later", "three", "four"]);
});

test("one that was removed before its log was read is passed over", async () => {
  const { told } = await collect([
    { id: "a", log: [line(1, "one")] },
    { id: "b", log: undefined },
    { id: "c", log: [line(3, "three")] },
  ]);
  expect(told).toEqual(["one", "replaced by b", "replaced by c", "three"]);
});

test("without following, the log ends with the container's", async () => {
  const { told } = await collect(
    [
      { id: "a", log: [line(1, "one")] },
      { id: "b", log: [line(2, "two")] },
    ],
    { follow: false },
  );
  expect(told).toEqual(["one"]);
});

test("once the stack is gone the log ends, and not where a container alone is", async () => {
  const lives = [{ id: "a", log: [line(1, "one")] }, {}, {}, { id: "b", log: [line(2, "two")] }, {}, {}] as Parameters<
    typeof engineWith
  >[0];
  const { engine, signal } = engineWith(lives);
  const looks = [false, false, true];
  const isGone = async () => looks.shift() ?? false;
  const lines: string[] = [];
  for await (const entry of roleLogs(engine, part, { id: "a" }, { follow: true, signal, isGone }))
    if (entry.kind === "line") lines.push(entry.line);
  expect(lines).toEqual(["one", "two"]);
  expect(signal.aborted).toBe(false);
});
