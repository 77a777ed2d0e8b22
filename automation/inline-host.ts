import { createRequire } from "node:module";
import type { handleUnaryCall, Server } from "@grpc/grpc-js";
import { keepOwnErrors } from "./run-errors.ts";

/** What Pulumi's engine runs: it registers resources and returns the stack's outputs. */
export type Program = () => Promise<Record<string, unknown>>;

/** Larger than gRPC's default, as in Pulumi's SDK (sdk/nodejs/runtime/rpc.ts, maxRPCMessageSize). */
const maxMessageBytes = 400 * 1024 * 1024;

/** The calls of Pulumi's LanguageRuntime service that an inline program has to answer (proto/pulumi/language.proto). */
const methods = ["run", "getRequiredPlugins", "getPluginInfo"] as const;
type Method = (typeof methods)[number];
type Handler = handleUnaryCall<unknown, unknown>;
type Language = Readonly<Record<Method, Handler>>;

/**
 * Answers Pulumi's engine in place of a language host, so that the program runs in this very process: it loads while pulumi starts, and
 * stays loaded. The Automation API does the same for its inline programs (sdk/nodejs/automation/stack.ts), and calls the CLI four times
 * more around each.
 */
export class InlineHost {
  /** For `pulumi up --client`. */
  readonly address: string;
  private readonly server: Server;
  private readonly language: LazyLanguage;

  private constructor(server: Server, port: number, language: LazyLanguage) {
    this.server = server;
    this.address = `127.0.0.1:${port}`;
    this.language = language;
  }

  /**
   * Listens at a free port of the loopback.
   * @param program gets the program; called once, by `load` or by pulumi: whatever loads Pulumi's SDK belongs in there
   */
  static async start(program: () => Promise<Program>): Promise<InlineHost> {
    const require = createRequire(import.meta.url);
    const grpc = require("@grpc/grpc-js") as typeof import("@grpc/grpc-js");
    const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js") as {
      LanguageRuntimeService: Parameters<Server["addService"]>[0];
    };
    const language = new LazyLanguage(program);
    const server = new grpc.Server({ "grpc.max_receive_message_length": maxMessageBytes });
    server.addService(LanguageRuntimeService, Object.fromEntries(methods.map((method) => [method, language.handler(method)])));
    const port = await new Promise<number>((resolve, reject) => {
      const credentials = grpc.ServerCredentials.createInsecure();
      server.bindAsync("127.0.0.1:0", credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
    });
    return new InlineHost(server, port, language);
  }

  /** Loads the program, while pulumi starts. What fails here fails once more, and is reported, when pulumi asks for the program. */
  load(): void {
    this.language.load().catch(() => {});
  }

  /** Cuts every connection. */
  close(): void {
    this.server.forceShutdown();
  }
}

/** Pulumi's own language server, with the program. */
class LazyLanguage {
  private readonly program: () => Promise<Program>;
  private loaded: Promise<Language> | undefined;
  /** What Pulumi's SDK keeps for each run apart, once the program runs: much, of which no late error needs more than who it is. */
  private readonly context: { of?: WeakRef<object> } = {};

  constructor(program: () => Promise<Program>) {
    this.program = program;
  }

  handler(method: Method): Handler {
    return (call, callback) =>
      void this.load().then((language) => {
        if (method !== "run") return language[method](call, callback);
        const begin = (onEnd: () => void) =>
          language.run(call, (...answer) => {
            onEnd();
            callback(...answer);
          });
        keepOwnErrors(begin, runContext, reader(this.context));
      }, callback);
  }

  load(): Promise<Language> {
    this.loaded ??= this.program().then((program) => {
      const { LanguageServer } = createRequire(import.meta.url)("@pulumi/pulumi/automation/server.js") as {
        LanguageServer: new (program: Program) => Language;
      };
      return new LanguageServer(() => {
        const context = runContext();
        if (context !== undefined) this.context.of = new WeakRef(context);
        return program();
      });
    });
    return this.loaded;
  }
}

/** A function of its own: made beside others it would hold what they hold, an executable too. */
function reader(context: { readonly of?: WeakRef<object> }): () => object | undefined {
  return () => context.of?.deref();
}

/** The run of a program that the caller is in. */
function runContext(): object | undefined {
  const { getLocalStore } = createRequire(import.meta.url)("@pulumi/pulumi/runtime/state.js") as {
    getLocalStore: () => object | undefined;
  };
  return getLocalStore();
}
