import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isKeyedCertificate } from "../../common/keyed-certificate.ts";
import { keepAuthority } from "../../toolchain/authority.ts";
import { authorityFiles } from "../../toolchain/home.ts";
import { testFolder } from "./folder.ts";

const now = new Date();
const years = (count: number) => new Date(now.getTime() + count * 365 * 86_400_000);
const own = () => {
  const env = { NITRO_HOME: join(testFolder(), "home") };
  return { env, files: authorityFiles(env) };
};

test("is made once; its key is for its user alone", async () => {
  const { env, files } = own();
  const first = await keepAuthority(env, now);
  expect(isKeyedCertificate(first)).toBe(true);
  expect(readFileSync(files.certificate, "utf8")).toBe(first.certificate);
  expect(readFileSync(files.key, "utf8")).toBe(first.key + first.certificate);
  expect(statSync(files.key).mode & 0o777).toBe(0o600);
  expect(statSync(files.certificate).mode & 0o777).toBe(0o644);
  expect(await keepAuthority(env, years(9))).toEqual(first);
  expect(readdirSync(dirname(files.key)).sort()).toEqual(["ca-key.pem", "ca.pem"]);
});

test("processes that start at once agree", async () => {
  const { env, files } = own();
  const module = fileURLToPath(new URL("../../toolchain/authority.ts", import.meta.url));
  const script = `import { keepAuthority } from ${JSON.stringify(module)};
    console.log("ready");
    process.stdin.once("data", async () => {
      process.stdout.write((await keepAuthority(process.env, new Date())).certificate);
      process.stdin.destroy();
    });`;
  const children = Array.from({ length: 4 }, () => {
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { env, stdio: ["pipe", "pipe", "inherit"] });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (piece: string) => {
      text += piece;
    });
    return { child, text: () => text, ready: once(child.stdout, "data"), ended: once(child, "close") };
  });
  await Promise.all(children.map(({ ready }) => ready));
  for (const { child } of children) child.stdin.write("go\n");
  await Promise.all(children.map(({ ended }) => ended));
  const certificate = readFileSync(files.certificate, "utf8");
  for (const { text } of children) expect(text()).toBe(`ready\n${certificate}`);
});

test("what was interrupted is completed: the file for programs is made again from the other", async () => {
  const { env, files } = own();
  const first = await keepAuthority(env, now);
  rmSync(files.certificate);
  expect(await keepAuthority(env, now)).toEqual(first);
  expect(readFileSync(files.certificate, "utf8")).toBe(first.certificate);
});

test("is made anew when it nears its end", async () => {
  const { env, files } = own();
  const first = await keepAuthority(env, now);
  const second = await keepAuthority(env, years(9.9));
  expect(second.certificate).not.toBe(first.certificate);
  expect(readFileSync(files.certificate, "utf8")).toBe(second.certificate);
  expect(statSync(files.key).mode & 0o777).toBe(0o600);
});

test("a damaged file, and a folder that cannot be: told, and left alone", async () => {
  const { env, files } = own();
  mkdirSync(dirname(files.key), { recursive: true });
  writeFileSync(files.key, "half");
  await expect(keepAuthority(env, now)).rejects.toMatchObject({
    message: expect.stringContaining(`${files.key} is damaged`),
    hint: expect.stringContaining(`rm ${files.key}`),
  });
  expect(readFileSync(files.key, "utf8")).toBe("half");
  expect(existsSync(files.certificate)).toBe(false);
  await expect(keepAuthority({ NITRO_HOME: files.key }, now)).rejects.toMatchObject({
    message: expect.stringMatching(/^the certificate authority in \S+ cannot be kept: /),
    hint: "keep it elsewhere: NITRO_HOME=FOLDER",
  });
});
