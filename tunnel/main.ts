import { Mux } from "./mux.ts";
import { relay } from "./relay.ts";

// The end of a tunnel inside a stack: `nitro` starts it in the key-feeder's container and talks to it by its standard streams. It ends with them.

const mux = new Mux((bytes) => process.stdout.write(bytes), relay);
process.stdin.on("data", (bytes: Buffer) => mux.receive(bytes));
process.stdin.on("end", () => process.exit(0));
process.stdout.on("error", () => process.exit(1));
