import { createHash } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ofHost, plannedMount, plannedWritable, readMount, readWritable } from "../../stacks/mounts.ts";

let root = "";
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "nitro-mounts-"));
  writeFileSync(join(root, "key.pem"), "one");
  chmodSync(join(root, "key.pem"), 0o644);
  mkdirSync(join(root, "certs"));
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

test("a file counts by its content, a folder by its place: a container sees the folder as it is, the file as it was", () => {
  expect(readMount(root, "service.files", "./key.pem:/etc/key.pem")).toEqual({
    host: join(root, "key.pem"),
    path: "/etc/key.pem",
    content: sha256("one"),
  });
  expect(readMount(root, "worker.files", `${root}/certs:/etc/certs`)).toEqual({ host: join(root, "certs"), path: "/etc/certs" });
});

test("what is not there is told before an engine could make a folder of it", () => {
  expect(() => readMount(root, "worker.files", "./none:/etc/none")).toThrow(
    /^setting nitro:worker.files names .\/none: there is no such file or folder/,
  );
});

test.runIf(process.getuid?.() === 0)("a file that the containers' user may not read is told with the command that lets it", () => {
  const path = join(root, "key.pem");
  chmodSync(path, 0o600);
  expect(() => readMount(root, "service.files", "key.pem:/k")).toThrow(
    `user 1000, whom the containers run as, may not read it (mode 0600, owner 0); chmod o+r ${path}`,
  );
  chownSync(path, 1000, 0);
  expect(readMount(root, "service.files", "key.pem:/k").path).toBe("/k");
  chownSync(path, 0, 1000);
  expect(() => readMount(root, "service.files", "key.pem:/k")).toThrow("may not read it");
  chmodSync(path, 0o640);
  expect(readMount(root, "service.files", "key.pem:/k").path).toBe("/k");
});

test("a blueprint names no place of this machine, and does without the file", () => {
  expect(plannedMount(root, "/any", "./key.pem:/k")).toEqual({ host: "/any/key.pem", path: "/k", content: sha256("one") });
  expect(plannedMount(root, "/any", "./certs:/c")).toEqual({ host: "/any/certs", path: "/c" });
  expect(plannedMount(root, "/any", "./none:/n")).toEqual({ host: "/any/none", path: "/n", content: "file-./none" });
});

test("a folder to write to is there and the containers' user may write to it, or the command that mends it is told", () => {
  const folder = join(root, "certs");
  chmodSync(folder, 0o777);
  expect(readWritable(root, "service.writable", "./certs:/out/")).toEqual({ host: folder, path: "/out", writable: true });
  expect(() => readWritable(root, "service.writable", "./none:/out")).toThrow(
    `setting nitro:service.writable names ./none: there is no such folder; mkdir -p -m 777 ${join(root, "none")}`,
  );
  expect(() => readWritable(root, "service.writable", "key.pem:/out")).toThrow("it is no folder");
  expect(ofHost(["/cache", "./certs:/out"])).toEqual(["./certs:/out"]);
  expect(plannedWritable("/any", "./none:/out")).toEqual({ host: "/any/none", path: "/out", writable: true });
});

test.runIf(process.getuid?.() === 0)("a folder that they may only read is none to write to", () => {
  const folder = join(root, "certs");
  chmodSync(folder, 0o755);
  expect(() => readWritable(root, "worker.writable", "certs:/out")).toThrow(
    `user 1000, whom the containers run as, may not write to it (mode 0755, owner 0); chmod o+rwx ${folder}`,
  );
  chownSync(folder, 1000, 0);
  expect(readWritable(root, "worker.writable", "certs:/out").writable).toBe(true);
});
