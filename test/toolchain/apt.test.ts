import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { aptError, aptInstall } from "../../toolchain/apt.ts";
import { script, testFolder } from "./folder.ts";

/** An apt-get that finds packages only once it has fetched the lists. */
const apt = `
echo "$DEBIAN_FRONTEND $*" >>"$ASKED"
case "$*" in
  *update) echo "Get:1 lists"; touch "$ASKED.lists" ;;
  *) [ -e "$ASKED.lists" ] && echo "Setting up $6" || { echo "E: Unable to locate package $6" >&2; exit 100; } ;;
esac`;

test("lists that are missing are fetched; what goes on is told", async () => {
  const folder = testFolder();
  const asked = join(folder, "asked");
  const env = { PATH: `${script(join(folder, "bin", "apt-get"), apt)}:/usr/bin:/bin`, ASKED: asked };
  const told: string[] = [];
  await aptInstall(["jq"], env, (line) => told.push(line));
  expect(told.at(-2)).toBe("Get:1 lists");
  expect(told.at(-1)).toMatch(/^Setting up /);
  const quiet = "noninteractive -q -o DPkg::Lock::Timeout=300";
  const install = `${quiet} install -y --no-install-recommends jq`;
  expect(readFileSync(asked, "utf8").trim().split("\n")).toEqual([install, `${quiet} update`, install]);
});

test("what is there already asks the archive nothing", async () => {
  const folder = testFolder();
  const asked = join(folder, "asked");
  const env = { PATH: `${script(join(folder, "bin", "apt-get"), 'echo "$*" >>"$ASKED"')}:/usr/bin:/bin`, ASKED: asked };
  await aptInstall(["jq", "curl"], env, () => {});
  expect(readFileSync(asked, "utf8")).toMatch(/^\S+ .* jq curl\n$/);
});

test("a system without apt-get says so", async () => {
  await expect(aptInstall(["jq"], { PATH: testFolder() }, () => {})).rejects.toThrow("cannot run apt-get: it is not installed");
});

describe("aptError", () => {
  // As apt 3.0 of Debian 13 writes them.
  const locked = "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (apt-get)";
  const notRoot = "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?";
  const noNetwork = "W: Failed to fetch http://deb.debian.org/debian/dists/trixie/InRelease  Temporary failure resolving 'deb.debian.org'";
  const unknown = "E: Unable to locate package jq";

  test.each([
    [notRoot, "", "that needs root", "sudo apt-get install jq curl"],
    [locked, "", "another program has been installing packages for 300 s", "wait until it has ended, then: apt-get install jq curl"],
    [unknown, noNetwork, "the package archive cannot be reached", "then: apt-get update && apt-get install jq curl"],
    [noNetwork, "", "the package archive cannot be reached", "mend the network"],
  ])("%s", (install, update, why, mend) => {
    const error = aptError(["jq", "curl"], update, install);
    expect(error.message).toBe(`apt-get could not install jq curl: ${why}\n${install}`);
    expect(error.hint).toContain(mend);
  });

  test("for the rest apt-get speaks for itself", () => {
    const error = aptError(["jq"], "Get:1 lists", unknown);
    expect(error.message).toBe(`apt-get could not install jq\n${unknown}`);
    expect(error.hint).toBe("apt-get install jq");
  });
});
