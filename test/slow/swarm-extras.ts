import { StackPart } from "../../components/part.ts";
import type { Extras, PartContext } from "../../components/part-context.ts";

// Parts of a team's own for a swarm: one that runs on any node, and one that keeps data.

const image = process.env.SWARM_EXTRAS_IMAGE ?? "";

class Idle extends StackPart {
  readonly ready;

  constructor(context: PartContext) {
    super("Idle", "idle", "idle", context);
    this.ready = this.run({
      image: this.image(image),
      entrypoint: ["sleep"],
      command: ["infinity"],
      check: { command: ["true"] },
    }).ready;
  }
}

class Kept extends StackPart {
  readonly ready;

  constructor(context: PartContext) {
    super("Kept", "kept", "kept", context);
    this.ready = this.run({
      image: this.image(image),
      entrypoint: ["sleep"],
      command: ["infinity"],
      check: { command: ["true"] },
      volumes: [{ volume: this.volume("data").name, path: "/payments" }],
    }).ready;
  }
}

export const extras: Extras = (context) => {
  new Idle(context);
  new Kept(context);
};
