import { expect, test } from "vitest";
import { containerBuildEnvironment } from "../../executable/builder-container.ts";

test("a build is for Linux on the engine's architecture, with its caches in the volumes", () => {
  expect(containerBuildEnvironment({}, "arm64")).toEqual({
    CGO_ENABLED: "0",
    GOOS: "linux",
    GOARCH: "arm64",
    GOFLAGS: "-buildvcs=false",
    GOMODCACHE: "/cache/modules",
    GOCACHE: "/cache/build",
    SSL_CERT_FILE: "/nitro-ca.crt",
    HOME: "/tmp",
  });
});

test("Go's settings and proxies go through, this host's target and folders do not", () => {
  const env = {
    GOPROXY: "https://proxy.example",
    GOFLAGS: "-mod=vendor",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "1",
    HTTPS_PROXY: "http://proxy.example:3128",
    GOARCH: "386",
    GOOS: "darwin",
    GOCACHE: "/home/alice/cache",
    SSL_CERT_FILE: "/etc/host.crt",
    AWS_SECRET_ACCESS_KEY: "secret",
  };
  expect(containerBuildEnvironment(env, "amd64")).toEqual({
    ...containerBuildEnvironment({}, "amd64"),
    GOPROXY: "https://proxy.example",
    GOFLAGS: "-mod=vendor -buildvcs=false",
    GOTOOLCHAIN: "local",
    CGO_ENABLED: "1",
    HTTPS_PROXY: "http://proxy.example:3128",
  });
});
