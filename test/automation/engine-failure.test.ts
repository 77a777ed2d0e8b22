import { describe, expect, it } from "vitest";
import { outcomeOf } from "../../automation/events.ts";
import { failureText } from "../../automation/failure.ts";

// What Pulumi 3 tells with the docker plugin 5.2 of an engine's refusals; each of them comes twice.

const urn = (component: string, type: string, name: string) =>
  `urn:pulumi:alice::nitro::nitro:stack:Developer$nitro:component:${component}$docker:index/${type}::${name}`;
const service = urn("Service", "container:Container", "service-container");

function told(of: string, said: string): string {
  const messages = [
    `sdk-v2/provider2.go:571: sdk.helper_schema: ${said}: provider=docker@5.2.0`,
    `1 error occurred:\n\t* creating ${of}: 1 error occurred:\n\t* ${said}\n\n`,
    `1 error occurred:\n\t* ${said}\n\n`,
  ];
  const errors = [...messages.map((message) => ({ urn: of, message })), { urn: "", message: "update failed" }];
  return failureText({ ...outcomeOf([]), errors }, { exitCode: 255, errors: "" });
}

describe("a limit of processes above the engine's own", () => {
  const oci = "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ";

  it.each([
    `Unable to start container: Error response from daemon: ${oci}error during container init: error setting rlimits for ready process: error setting rlimit type 7: operation not permitted: unknown`,
    "Unable to start container: Error response from daemon: crun: setrlimit `RLIMIT_NOFILE`: Operation not permitted: OCI permission denied",
  ])("names the limit and the setting, once: %s", (said) => {
    expect(told(service, said)).toBe(
      `container service cannot start: the container engine may not raise the limit nofile as far as service.ulimits in Pulumi.alice.yaml says
name at most what the engine itself has, which a container tells: docker run --rm IMAGE sh -c 'ulimit -Ha'; then the same command again`,
    );
    expect(told(urn("Postgres", "container:Container", "postgres-container"), said)).toContain("as far as its ulimits say\n");
  });
});

describe("an image that cannot be pulled", () => {
  const image = urn("Postgres", "remoteImage:RemoteImage", "postgres-image");
  const pulled = (reason: string) =>
    `Unable to read Docker image into resource: unable to pull image postgres:17: error pulling image postgres:17: Error response from daemon: ${reason}`;

  it("says that the registry is out of reach", () => {
    const reason = 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.2.3:53: no such host';
    expect(told(image, pulled(reason))).toBe(
      `image postgres:17 cannot be pulled: ${reason}
the container engine has to reach its registry, itself or through a proxy; or bring the image there: docker load; then the same command again. To see it alone: docker pull postgres:17`,
    );
  });

  it("says that the name may be wrong, or that a login is missing", () => {
    const reason = "pull access denied for postgress, repository does not exist or may require 'docker login': denied";
    expect(told(image, pulled(reason))).toBe(
      `image postgres:17 cannot be pulled: ${reason}
look at the name, or log in at its registry (docker login); then the same command again. To see it alone: docker pull postgres:17`,
    );
  });
});

describe("any other refusal", () => {
  it("says what the engine did not do to what, once", () => {
    expect(told(service, "Unable to start container: Error response from daemon: no space left on device")).toBe(
      "the container engine did not start container service: no space left on device",
    );
    expect(told(urn("Net", "network:Network", "net-network"), "Unable to create network: Error response from daemon: denied")).toBe(
      "the container engine did not create network net: denied",
    );
  });

  it("keeps what it does not know, and what is about no resource of the engine", () => {
    expect(told(service, "something new")).toBe("something new");
    const errors = [{ urn: "urn:pulumi:alice::nitro::aws:iam/role:Role::r", message: "Unable to start container: x" }];
    expect(failureText({ ...outcomeOf([]), errors }, { exitCode: 1, errors: "" })).toBe("Unable to start container: x");
  });
});
