import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorMessage } from "../../common/errors.ts";
import { run, runWell } from "../../common/process.ts";
import { aptInstall, canInstallPackages } from "../../toolchain/apt.ts";

/** Where the kernel takes handlers for executables of other systems: Documentation/admin-guide/binfmt-misc.rst. */
const folder = "/proc/sys/fs/binfmt_misc";

/** What Debian's package brings for systemd-binfmt(8): the line that the kernel takes. */
const registration = "/usr/lib/binfmt.d/qemu-aarch64.conf";

/** The machine's own handler, by the name in that line, and ours: one that a killed test left is known by it. */
const handlers = { system: join(folder, "qemu-aarch64"), ours: join(folder, "nitro-test-aarch64") };

/** The kernel runs arm64 programs, in containers too. */
export interface Emulation {
  /** Leaves the kernel as it was before. */
  stop(): Promise<void>;
}

/**
 * Has the kernel run arm64 programs by Debian's qemu-user-static.
 * @returns why it cannot, where it cannot
 */
export async function emulateArm(env: NodeJS.ProcessEnv): Promise<Emulation | string> {
  if (!canInstallPackages()) return "qemu-user-static is a package of Debian and its like, and installing it needs root";
  try {
    if (!existsSync(registration)) await aptInstall(["qemu-user-static"], env, () => undefined);
  } catch (error) {
    return errorMessage(error);
  }
  const mounts = !existsSync(join(folder, "register"));
  if (mounts) {
    const { code, output } = await run("mount", ["-t", "binfmt_misc", "binfmt_misc", folder], { env });
    if (code !== 0) return `this kernel has no binfmt_misc: ${output.trim()}`;
  }
  const stop = async () => {
    if (existsSync(handlers.ours)) writeFileSync(handlers.ours, "-1");
    if (mounts) await runWell("umount", [folder], { env });
  };
  if (existsSync(handlers.system)) {
    // F: the kernel holds the emulator open, so that it is there where its path is not, such as in containers.
    if (/^flags: \w*F/m.test(readFileSync(handlers.system, "utf8"))) return { stop };
    await stop();
    return `${handlers.system} is registered without the flag F: containers cannot use it`;
  }
  if (!existsSync(handlers.ours)) {
    writeFileSync(join(folder, "register"), readFileSync(registration, "utf8").replace(":qemu-aarch64:", ":nitro-test-aarch64:"));
  }
  return { stop };
}
