import { resolve } from "node:path";
import { expect, test } from "vitest";
import { run } from "../../common/process.ts";

// In a process of its own: what it listens to is what this one's test runner listens to.
const file = resolve(import.meta.dirname, "../../automation/run-errors.ts");

/** Two runs as Pulumi's language server has them, one after the other, which say what errors reach them. */
const begin = `
  import { AsyncLocalStorage } from "node:async_hooks";
  import { setTimeout as sleep } from "node:timers/promises";
  import { keepOwnErrors } from ${JSON.stringify(file)};
  const contexts = new AsyncLocalStorage();
  function start(name, program) {
    const context = { name };
    return new Promise((done) =>
      keepOwnErrors(
        (onEnd) =>
          void contexts.run(context, async () => {
            const listener = (error) => console.log(name, "is told", error.message);
            process.on("uncaughtException", listener);
            process.on("unhandledRejection", listener);
            await program().catch((error) => console.log(name, "failed with", error.message));
            process.off("uncaughtException", listener);
            process.off("unhandledRejection", listener);
            onEnd();
            done();
          }),
        () => contexts.getStore(),
        () => context,
      ),
    );
  }
  const late = async (ms, message) => { await sleep(ms); throw new Error(message); };
`;

async function output(program: string): Promise<string[]> {
  const { code, stdout, stderr } = await run(process.execPath, ["--input-type=module", "-e", begin + program], { env: process.env });
  return [...stdout.trim().split("\n"), `exit code ${code}${/^Error: .*/m.exec(stderr)?.[0].replace(/^/, ", ") ?? ""}`];
}

test("a run is told of its own errors, also of those that nobody waits for", async () => {
  expect(await output(`await start("one", async () => { void late(1, "own"); await sleep(50); });`)).toEqual([
    "one is told own",
    "exit code 0",
  ]);
});

test("what a failed run leaves behind reaches neither the next one nor the process", async () => {
  const program = `
    await start("one", async () => { void late(60, "between"); void late(200, "during"); setTimeout(() => { throw new Error("thrown"); }, 210); throw new Error("crash"); });
    await sleep(100);
    await start("two", async () => { void late(10, "own of two"); await sleep(250); });
    console.log("goes on");
  `;
  expect(await output(program)).toEqual(["one failed with crash", "two is told own of two", "goes on", "exit code 0"]);
});

test("what is nobody's ends the process after a run as before it, and is told to one that goes on", async () => {
  const nobodys = `contexts.exit(() => void late(20, "nobody's"));`;
  // Node's code for an error that a listener throws; commands have a listener of their own (cli/core/main.ts).
  expect(await output(`await start("one", async () => {}); ${nobodys} await sleep(50); console.log("goes on");`)).toEqual([
    "",
    "exit code 7, Error: nobody's",
  ]);
  expect(await output(`await start("one", async () => {}); await start("two", async () => { ${nobodys} await sleep(60); });`)).toEqual([
    "two is told nobody's",
    "exit code 0",
  ]);
});

test("nothing is left listening: a run that ended well keeps no process alive", async () => {
  expect(await output(`await start("one", async () => {}); console.log(process.listenerCount("unhandledRejection"));`)).toEqual([
    "1",
    "exit code 0",
  ]);
});
