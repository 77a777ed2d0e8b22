import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { run } from "../../common/process.ts";
import { repository } from "../../images/inputs.ts";
import { readPins } from "../../images/pins.ts";

const requirements = join(repository, "images/localstack/requirements.txt");
const { python } = readPins().localstack;

/** What pip takes on Debian trixie: its C library is 2.41. */
const libraries = ["manylinux2014", "manylinux_2_17", "manylinux_2_28", "manylinux_2_34", "linux"];
const repeated = (option: string, values: readonly string[]) => values.flatMap((value) => [option, value]);

test.each(["aarch64", "x86_64"])(
  "PyPI has every package of LocalStack's image for %s, with the hashes that are pinned",
  async (machine) => {
    const folder = mkdtempSync(join(tmpdir(), "nitro-wheels-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const fixed = [
      "--no-deps",
      "--only-binary=:all:",
      "--require-hashes",
      "--no-cache-dir",
      "--dest",
      folder,
      "--requirement",
      requirements,
    ];
    const target = [
      ...["--python-version", python, "--implementation", "cp"],
      ...repeated("--abi", [`cp${python.replace(".", "")}`, "abi3", "none"]),
      ...repeated(
        "--platform",
        libraries.map((library) => `${library}_${machine}`),
      ),
    ];
    const { output } = await run("python3", ["-m", "pip", "download", ...target, ...fixed], { env: process.env });
    const pinned = [...readFileSync(requirements, "utf8").matchAll(/^([\w.-]+)==(\S+)/gm)];
    expect(pinned.length).toBeGreaterThan(50);
    expect(readdirSync(folder).length, output).toBe(pinned.length);
  },
);
