import { expect } from "vitest";
import { Engine } from "../../docker/engine.ts";
import { stackNames } from "../../model/names.ts";
import type { AccessKey, AwsAccount } from "./aws-account.ts";
import { engineResources, nitro, type Result, run } from "./nitro.ts";

/** Nothing of this machine's own AWS configuration takes part. */
export const nobody = { AWS_CONFIG_FILE: "/dev/null", AWS_SHARED_CREDENTIALS_FILE: "/dev/null", AWS_EC2_METADATA_DISABLED: "true" };

export function environmentOf({ accessKeyId, secretAccessKey }: AccessKey): NodeJS.ProcessEnv {
  return { ...nobody, AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}

/** A stack in ledger mode aws, whose AWS is an account of the test's own. */
export class AwsTestStack {
  readonly name: string;
  private readonly account: AwsAccount;

  constructor(name: string, account: AwsAccount) {
    this.name = name;
    this.account = account;
  }

  /** Runs `./nitro … -s <stack>` as somebody. */
  as(who: AccessKey, command: string, ...args: string[]): Promise<Result> {
    return run("./nitro", [command, "-s", this.name, ...args], { env: environmentOf(who) });
  }

  /** Runs it; it has to succeed. @returns what it printed */
  async mustAs(who: AccessKey, command: string, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.as(who, command, ...args);
    if (code !== 0) throw new Error(`./nitro ${command} ${args.join(" ")} ended with ${code}:\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Runs plain pulumi as somebody. */
  async pulumi(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Result> {
    const environment = JSON.parse(await nitro("env", "--json")) as Record<string, string>;
    return run("pulumi", [...args, "-s", this.name, "--non-interactive"], { env: { ...environment, ...env } });
  }

  async mustPulumi(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.pulumi(env, ...args);
    expect(code, `${stdout}\n${stderr}`).toBe(0);
    return stdout;
  }

  /** Makes the stack, in ledger mode aws. */
  async init(): Promise<void> {
    await this.mustPulumi(nobody, "stack", "init", "--no-select");
    await this.configure({ "ledger.mode": "aws" });
  }

  async configure(settings: Record<string, string>): Promise<void> {
    for (const [path, value] of Object.entries(settings)) await this.mustPulumi(nobody, "config", "set", "--path", `nitro:${path}`, value);
  }

  /** Leads every service to the account. */
  async useAccount(): Promise<void> {
    const { identity, qldb } = this.account;
    await this.configure({ "aws.endpoints.sts": identity.url, "aws.endpoints.iam": identity.url, "aws.endpoints.qldb": qldb.url });
  }

  /** Nothing of the stack is there: not in AWS, not in the engine. */
  async nothingIsLeft(): Promise<void> {
    expect(await this.account.roles()).not.toContain(stackNames(this.name).qldbRoleName);
    expect(this.account.ledgerNames()).toEqual([]);
    const { notes, ...left } = await engineResources(this.name);
    expect(left).toEqual({ containers: {}, networks: [], volumes: [] });
    // Plain pulumi knows nothing of the note of the stack's use, and leaves it.
    for (const note of notes) await Engine.connect().removeVolume(note);
  }
}
