import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { expect, test } from "vitest";
import { connectedPorts } from "../../common/ports.ts";

test.runIf(process.platform === "linux")(
  "a port is connected while somebody holds a connection to it, not while it only listens",
  async () => {
    const server = createServer((socket) => socket.on("error", () => {}));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    try {
      expect(await connectedPorts([port])).toEqual([]);
      const client = connect(port, "127.0.0.1");
      await once(client, "connect");
      expect(await connectedPorts([port, 1])).toEqual([port]);
      client.destroy();
    } finally {
      server.close();
    }
  },
);
