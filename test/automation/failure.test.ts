import { describe, expect, it } from "vitest";
import { type Outcome, outcomeOf } from "../../automation/events.ts";
import { failure, failureText, tidy } from "../../automation/failure.ts";

const ending = (errors = "") => ({ exitCode: 1, errors });
const outcome = (...messages: string[]): Outcome => ({ ...outcomeOf([]), errors: messages.map((message) => ({ urn: "", message })) });

describe("tidy", () => {
  it("keeps the message of an exception and drops where it came from", () => {
    const message = `Running program '/x/index.ts' failed with an unhandled exception:
Error: plain failure
    at file:///tmp/cli/p/index.ts:9:29
    at ModuleJob.run (node:internal/modules/esm/module_job:561:25)
    at async Promise.all (index 0)
    at new Promise (<anonymous>)
`;
    expect(tidy(message)).toBe("plain failure");
    expect(tidy("Unhandled exception: EngineError: plain failure\n    at file:///tmp/cli/p/index.ts:9:29")).toBe("plain failure");
  });

  it("keeps the shape of a message of several lines, log lines that speak of errors too", () => {
    const message =
      "service exited with code 2 before it answered; its last log lines:\n  | Error: no config\n  | goroutine 1\nmore: ./nitro logs";
    expect(tidy(message)).toBe(message);
  });

  it("unwraps a provider's list of one", () => {
    expect(tidy("1 error occurred:\n\t* Unable to start container: port is allocated\n\n")).toBe(
      "Unable to start container: port is allocated",
    );
  });
});

describe("failureText", () => {
  it("says each thing once and leaves out that something failed", () => {
    expect(failureText(outcome("port 20001 is in use", "update failed", "port 20001 is in use"), ending())).toBe("port 20001 is in use");
  });

  it("falls back to what pulumi wrote", () => {
    expect(failureText(outcome("update failed"), ending("error: no Pulumi.yaml project file found\n"))).toBe(
      "no Pulumi.yaml project file found",
    );
    expect(failureText(outcome(), ending())).toContain("NITRO_DEBUG=1");
    expect(failureText(outcome(), { exitCode: 137, errors: "" })).toContain("it was killed");
  });
});

describe("failure", () => {
  it("names the holder of a lock that was taken in the meantime", () => {
    const errors = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///b/.pulumi/locks/organization/nitro/alice/1.json: created by ann@elsewhere.example (pid 20725) at 2026-11-24T00:21:57Z`;
    expect(failure("alice", outcomeOf([]), ending(errors), {}).message).toMatch(
      /^stack "alice" is being changed by ann on elsewhere\.example \(process 20725, since 2026-11-24T00:21:57Z.*\)$/,
    );
  });

  it("says of Pulumi Cloud's refusal what it does not tell, and what a backend lacks", () => {
    const busy = failure("alice", outcomeOf([]), ending("error: [409] Conflict: Another update is currently in progress."), {});
    expect(busy.message).toBe('stack "alice" is being changed by another command; this backend does not say whose');
    expect(busy.hint).toContain("pulumi cancel --yes --stack alice");
    const noToken = ending("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions");
    expect(failure("alice", outcomeOf([]), noToken, {}).hint).toContain("export PULUMI_ACCESS_TOKEN");
    const checksum = ending(
      "error: write: operation error S3: PutObject, InvalidRequest: Value for x-amz-checksum-sha256 header is invalid.",
    );
    expect(failure("alice", outcomeOf([]), checksum, {}).hint).toContain("&request_checksum_calculation=when_supported");
  });

  const refused = "error: getting stack configuration: get stack secrets manager: incorrect passphrase";
  it.each([
    [{ PULUMI_CONFIG_PASSPHRASE: "of another project" }, /^PULUMI_CONFIG_PASSPHRASE is set here, .*: unset PULUMI_CONFIG_PASSPHRASE; /],
    [{ PULUMI_CONFIG_PASSPHRASE_FILE: "/elsewhere" }, /unset PULUMI_CONFIG_PASSPHRASE_FILE; nitro's own passphrase is in \/n\/passphrase$/],
    [{ PULUMI_CONFIG_PASSPHRASE_FILE: "/n/passphrase" }, /encrypted with another passphrase than that in \/n\/passphrase/],
  ])("tells where a passphrase that does not fit comes from: %j", (env, hint) => {
    const error = failure("alice", outcomeOf([]), ending(refused), { NITRO_HOME: "/n", ...env });
    expect(error.message).toBe("getting stack configuration: get stack secrets manager: incorrect passphrase");
    expect(error.hint).toMatch(hint);
    const create = "error: could not create secrets manager for new stack: incorrect passphrase";
    expect(failure("alice", outcomeOf([]), ending(create), { NITRO_HOME: "/n", ...env }).hint).toMatch(hint);
  });
});
