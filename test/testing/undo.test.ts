import { expect, test } from "vitest";
import { UndoList, undoable } from "../../testing/undo.ts";

test("undoes last first, and everything although a step fails", async () => {
  const done: string[] = [];
  const list = new UndoList();
  for (const step of ["a", "b", "c"])
    list.add(async () => {
      done.push(step);
      if (step === "b") throw new Error("b cannot be undone");
    });
  await expect(list.undo()).rejects.toThrow("b cannot be undone");
  expect(done).toEqual(["c", "b", "a"]);
  await list.undo();
  expect(done).toHaveLength(3);
});

test("several failures are one, with all their messages", async () => {
  const list = new UndoList();
  for (const words of ["first", "second"]) list.add(() => Promise.reject(new Error(words)));
  await expect(list.undo()).rejects.toThrow("second\nfirst");
});

test("what is undone is undone once, and at the end of its block", async () => {
  let undone = 0;
  const make = () =>
    undoable(async () => {
      undone++;
    });
  {
    await using paused = make();
    await paused.undo();
    await Promise.all([paused.undo(), paused.undo()]);
  }
  expect(undone).toBe(1);
  await expect(
    (async () => {
      await using _left = make();
      throw new Error("the test failed");
    })(),
  ).rejects.toThrow("the test failed");
  expect(undone).toBe(2);
});
