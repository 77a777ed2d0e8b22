import { expect, test } from "vitest";
import { isLoopback, parseListeners } from "../../docker/listening.ts";

const head = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n";
const line = (index: number, local: string, state: string, remote = "00000000:0000") =>
  `   ${index}: ${local} ${remote} ${state} 00000000:00000000 00:00000000 00000000  1000        0 5772308 1 0000000000000000 100 0 0 10 0\n`;

test("what listens is read from the kernel's tables, without Docker's resolver and what is only connected", () => {
  const tables =
    head +
    line(0, "0100007F:46A0", "0A") +
    line(1, "00000000:2328", "0A") +
    line(2, "0B00007F:A1B2", "0A") +
    line(3, "020012AC:C350", "01", "030012AC:18EB") +
    head +
    line(0, "00000000000000000000000000000000:1F90", "0A", "00000000000000000000000000000000:0000") +
    line(1, "00000000000000000000000001000000:0016", "0A", "00000000000000000000000000000000:0000") +
    line(2, "0000000000000000FFFF00000100007F:0017", "0A", "00000000000000000000000000000000:0000");
  expect(parseListeners(tables)).toEqual([
    { address: "127.0.0.1", port: 18080 },
    { address: "0.0.0.0", port: 9000 },
    { address: "::", port: 8080 },
    { address: "::1", port: 22 },
    { address: "127.0.0.1", port: 23 },
  ]);
});

test("nothing is read from nothing", () => {
  expect(parseListeners("")).toEqual([]);
  expect(parseListeners("cat: /proc/net/tcp6: No such file or directory")).toEqual([]);
});

test("loopback is where nobody else gets", () => {
  expect(["127.0.0.1", "127.1.2.3", "::1", "0.0.0.0", "::", "172.18.0.2"].map(isLoopback)).toEqual([true, true, true, false, false, false]);
});
