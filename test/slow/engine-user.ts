import { chownSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ifPresentSync } from "../../common/files.ts";
import { run, runWell } from "../../common/process.ts";
import { root } from "../e2e/nitro.ts";

/** Whom an engine runs as that is not root's. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** @returns the first user of this machine who has subordinate ids, or why an engine cannot run as one */
export async function unprivileged(): Promise<User | string> {
  const { env } = process;
  const ranges = ifPresentSync(() => readFileSync("/etc/subuid", "utf8")) ?? "";
  for (const entry of ranges.split("\n").filter((line) => line.includes(":"))) {
    const { code, stdout } = await run("getent", ["passwd", entry.split(":")[0] ?? ""], { env });
    const [name = "", , uid, gid] = stdout.split(":");
    if (code !== 0 || Number(uid) === 0) continue;
    const reads = await run("setpriv", [`--reuid=${uid}`, `--regid=${gid}`, "--init-groups", "test", "-r", join(root, "package.json")], {
      env,
    });
    if (reads.code !== 0) return `${name} cannot read ${root}, whose files a rootless engine reads as ${name}`;
    return { name, uid: Number(uid), gid: Number(gid) };
  }
  return "no user of this machine has subordinate ids: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 <user>";
}

/**
 * A folder for an engine's data, sockets and log. It lies neither in /tmp, which may be no file system to mount from, nor below /var/lib: a user's
 * podman 4 sees another one there while it sets up networks.
 * @param user whose it is; else root's
 */
export async function engineFolder(engine: string, user: User | undefined): Promise<string> {
  const folder = mkdtempSync(`/var/tmp/nitro-${engine}-`);
  if (user === undefined) return folder;
  mkdirSync(runtimeFolder(folder), { mode: 0o700 });
  for (const path of [folder, runtimeFolder(folder)]) chownSync(path, user.uid, user.gid);
  await runWell("mknod", ["-m", "0666", join(folder, "tun"), "c", "10", "200"], { env: process.env });
  return folder;
}

/** A user's XDG_RUNTIME_DIR. @param folder from engineFolder */
export function runtimeFolder(folder: string): string {
  return join(folder, "runtime");
}

/**
 * The command that runs a program as a user. A user's networks need /dev/net/tun, which root alone may open on some machines: the program sees one
 * that is open to all.
 * @param folder from engineFolder
 * @param options further ones of setpriv
 */
export function asUser({ uid, gid }: User, folder: string, options: readonly string[], program: readonly string[]): [string, ...string[]] {
  const become = ["setpriv", ...options, `--reuid=${uid}`, `--regid=${gid}`, "--init-groups", ...program];
  return ["unshare", "--mount", "sh", "-c", 'mount --bind "$0" /dev/net/tun && exec "$@"', join(folder, "tun"), ...become];
}

/** What a user's engine needs to know in its environment. */
export function userEnv({ name }: User, folder: string): NodeJS.ProcessEnv {
  return { USER: name, HOME: folder, XDG_RUNTIME_DIR: runtimeFolder(folder), XDG_CONFIG_HOME: undefined };
}
