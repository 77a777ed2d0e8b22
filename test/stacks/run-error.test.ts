import { RunError } from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { UserError } from "../../common/errors.ts";
import { asRunError } from "../../stacks/run-error.ts";

const told = (error: unknown) => Promise.reject(error).catch(asRunError);

test("what goes wrong in the program is told with the command that mends it", async () => {
  const error = await told(new UserError("the engine manages none", "docker swarm init")).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(RunError);
  expect((error as RunError).message).toBe("the engine manages none\n  docker swarm init");
});

test("without one it is the message alone", async () => {
  await expect(told(new Error("it broke"))).rejects.toThrow(/^it broke$/);
});
