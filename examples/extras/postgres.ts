import * as random from "@pulumi/random";
import { StackPart } from "../../components/part.ts";
import type { Extras, PartContext } from "../../components/part-context.ts";

const official = "postgres:17@sha256:d74eeac9a635390a49bc21bd49fccd973de707e2a53a76ac49b552b8712ec46f";

/** Postgres: for the program at postgres:5432, on this machine at the first port kept for extras. Its data outlives restarts and swaps. */
class Postgres extends StackPart {
  readonly ready;

  constructor(context: PartContext) {
    super("Postgres", "postgres", "postgres", context);
    const password = new random.RandomPassword("postgres-password", { length: 24, special: false }, { parent: this }).result;
    this.ready = this.run({
      image: this.image(process.env.POSTGRES_IMAGE ?? official),
      environment: { POSTGRES_PASSWORD: password, PGDATA: "/var/lib/postgresql/data/db" },
      check: { command: ["pg_isready", "-h", "127.0.0.1", "-U", "postgres"] },
      publish: { inner: 5432, port: context.extraPorts[0] },
      volumes: [{ volume: this.volume("data").name, path: "/var/lib/postgresql/data" }],
      tmpfs: { "/var/run/postgresql": "rw,nosuid,nodev,mode=1777,size=16m" },
    }).ready;
  }
}

export const extras: Extras = (context) => void new Postgres(context);
