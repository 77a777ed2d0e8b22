import { createRequire } from "node:module";
import * as aws from "@pulumi/aws";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { Provider } from "@pulumi/aws/provider.js";
import { Ledger } from "@pulumi/aws/qldb/ledger.js";
import * as pulumi from "@pulumi/pulumi";
import { describe, expect, test } from "vitest";
import { InlineHost } from "../../automation/inline-host.ts";
import { textValue, unknown } from "../../policies/values.ts";

// What we use of packages beyond what they promise. Where one of these fails after an upgrade, the file that the test names has to follow.
// Further ones: test/stacks/quick-start.test.ts (modules that @pulumi/pulumi loads) and test/e2e/pulumi-cli.test.ts (the backend's files).

const require = createRequire(import.meta.url);
const sdk = createRequire(require.resolve("@pulumi/pulumi"));

/** What automation/inline-host.ts answers. */
const calls = ["run", "getRequiredPlugins", "getPluginInfo"] as const;

describe("@pulumi/pulumi", () => {
  test("proto/language_grpc_pb.js describes the calls that automation/inline-host.ts answers", () => {
    const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js") as {
      LanguageRuntimeService: Record<string, { path: string }>;
    };
    expect(calls.map((call) => LanguageRuntimeService[call]?.path)).toEqual([
      "/pulumirpc.LanguageRuntime/Run",
      "/pulumirpc.LanguageRuntime/GetRequiredPlugins",
      "/pulumirpc.LanguageRuntime/GetPluginInfo",
    ]);
  });

  test("automation/server.js has a LanguageServer that answers the calls of automation/inline-host.ts for a program", () => {
    const { LanguageServer } = require("@pulumi/pulumi/automation/server.js") as {
      LanguageServer: new (program: () => Promise<object>) => Record<string, { length: number } | undefined>;
    };
    const server = new LanguageServer(async () => ({}));
    expect(LanguageServer.length).toBe(1);
    expect(calls.map((call) => [call, typeof server[call], server[call]?.length])).toEqual(calls.map((call) => [call, "function", 2]));
  });

  test("and automation/inline-host.ts load one and the same @grpc/grpc-js", () => {
    expect(require.resolve("@grpc/grpc-js")).toBe(sdk.resolve("@grpc/grpc-js"));
  });

  test("a host of automation/inline-host.ts answers over gRPC as Pulumi's engine asks", async () => {
    const { Client, credentials } = require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const { LanguageRuntimeClient } = require("@pulumi/pulumi/proto/language_grpc_pb.js") as {
      LanguageRuntimeClient: new (
        ...args: ConstructorParameters<typeof Client>
      ) => InstanceType<typeof Client> & {
        getRequiredPlugins(request: unknown, callback: (error: Error | null, answer: { getPluginsList(): unknown[] }) => void): void;
      };
    };
    const { GetRequiredPluginsRequest } = require("@pulumi/pulumi/proto/language_pb.js") as {
      GetRequiredPluginsRequest: new () => unknown;
    };
    const host = await InlineHost.start(async () => async () => ({}));
    const client = new LanguageRuntimeClient(host.address, credentials.createInsecure());
    try {
      const answer = new Promise<{ getPluginsList(): unknown[] }>((resolve, reject) => {
        client.getRequiredPlugins(new GetRequiredPluginsRequest(), (error, value) => (error === null ? resolve(value) : reject(error)));
      });
      expect((await answer).getPluginsList()).toEqual([]);
    } finally {
      client.close();
      host.close();
    }
  });

  test("output.ts, OutputImpl: an output has the inside that stacks/declared-values.ts reads", async () => {
    type Inside = { isKnown: Promise<boolean>; isSecret: Promise<boolean>; promise(): Promise<unknown> };
    const inside = (output: pulumi.Output<unknown>) => output as unknown as Inside;
    const [plain, hidden] = [inside(pulumi.output("value")), inside(pulumi.secret("hidden"))];
    expect(await Promise.all([plain.isKnown, plain.isSecret, plain.promise()])).toEqual([true, false, "value"]);
    expect(await Promise.all([hidden.isKnown, hidden.isSecret])).toEqual([true, true]);
  });

  test("runtime/rpc.js marks an unknown value as policies/values.ts does", () => {
    expect((sdk("./runtime/rpc.js") as { unknownValue: string }).unknownValue).toBe(unknown);
  });
});

test("@pulumi/policy, proxy.js: a value that is not known throws the error that policies/values.ts takes for one", () => {
  const { unknownCheckingProxy, unknownStringValue } = require("@pulumi/policy/proxy.js") as {
    unknownCheckingProxy<T>(value: T): T;
    unknownStringValue: string;
  };
  const values = unknownCheckingProxy({ image: unknownStringValue, name: "known" });
  expect(() => values.image).toThrow(expect.objectContaining({ constructor: expect.objectContaining({ name: "UnknownValueError" }) }));
  expect([textValue(values, "image"), textValue(values, "name")]).toEqual([undefined, "known"]);
});

test("@pulumi/aws: the files that components/aws-ledger.ts imports by themselves are the package's resources", () => {
  expect([Role, RolePolicy, Provider, Ledger]).toEqual([aws.iam.Role, aws.iam.RolePolicy, aws.Provider, aws.qldb.Ledger]);
});
