import { randomBytes } from "node:crypto";
import { isIPv4 } from "node:net";
import { Engine } from "../../docker/engine.ts";
import { ensureImages, imageRefs } from "../../images/build.ts";
import { waitFor } from "../../testing/wait-for.ts";
import { startServer, type TestServer } from "../ledger/server.ts";
import { AwsFront } from "./aws-front.ts";
import { locked } from "./locked.ts";
import { run } from "./nitro.ts";

/** An access key of a user. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/**
 * An account of AWS's as far as a stack in ledger mode aws needs one: LocalStack's IAM and STS in a container of their own, and our
 * ledger's control plane in this process, both on an address that containers and this machine reach.
 */
export class AwsAccount {
  readonly ledgers: TestServer;
  /** STS and IAM. */
  readonly identity: AwsFront;
  readonly qldb: AwsFront;
  private readonly engine: Engine;
  private readonly container: string;
  private readonly url: string;
  private readonly keys: Set<string>;

  private constructor(
    parts: Pick<AwsAccount, "ledgers" | "identity" | "qldb">,
    engine: Engine,
    container: string,
    url: string,
    keys: Set<string>,
  ) {
    this.ledgers = parts.ledgers;
    this.identity = parts.identity;
    this.qldb = parts.qldb;
    this.engine = engine;
    this.container = container;
    this.url = url;
    this.keys = keys;
  }

  static async open(): Promise<AwsAccount> {
    const engine = Engine.connect();
    const refs = imageRefs((await engine.ping()).arch);
    await ensureImages(engine, { localstack: refs.localstack });
    const container = `nitro-test-aws-${randomBytes(4).toString("hex")}`;
    await engine.create(container, {
      ...locked("nitro.test.aws"),
      image: refs.localstack,
      env: { SERVICES: "sts,iam", DISABLE_EVENTS: "1", SKIP_SSL_CERT_DOWNLOAD: "1", EAGER_SERVICE_LOADING: "1" },
      tmpfs: { "/tmp": "rw,nosuid,nodev,mode=1777", "/var/lib/localstack": "rw,nosuid,nodev,mode=1777,size=512m" },
      publish: [4566],
    });
    await engine.start(container);
    const url = `http://127.0.0.1:${(await engine.inspect(container))?.ports[0]?.hostPort}`;
    const host = await gatewayOf(container);
    const healthy = async () => (await fetch(`${url}/_localstack/health`).catch(() => undefined))?.ok === true;
    await waitFor(healthy, { what: "the account answers", timeoutMs: 60_000 });
    const ledgers = await startServer();
    const keys = new Set<string>();
    const issued = (id: string) => keys.has(id) || id.startsWith("ASIA") || id.startsWith("LSIA");
    const [identity, qldb] = await Promise.all([AwsFront.start(host, url, issued), AwsFront.start(host, ledgers.url, issued)]);
    return new AwsAccount({ ledgers, identity, qldb }, engine, container, url, keys);
  }

  async close(): Promise<void> {
    await Promise.all([this.identity.close(), this.qldb.close()]);
    await this.ledgers.close();
    await this.engine.removeContainer(this.container, { force: true });
  }

  /** A new access key of a user, who is made where there is none of that name yet. */
  async issue(user: string): Promise<AccessKey> {
    await this.iam({ Action: "CreateUser", UserName: user }).catch(() => undefined);
    const answer = await this.iam({ Action: "CreateAccessKey", UserName: user });
    const accessKeyId = xml(answer, "AccessKeyId");
    this.keys.add(accessKeyId);
    return { accessKeyId, secretAccessKey: xml(answer, "SecretAccessKey") };
  }

  /** Calls IAM by its query protocol. @returns XML. @throws where it refuses */
  async iam(parameters: Record<string, string>): Promise<string> {
    const authorization = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
    const body = new URLSearchParams({ Version: "2010-05-08", ...parameters });
    const answer = await fetch(this.url, { method: "POST", headers: { authorization }, body });
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
    return text;
  }

  /** Names of all roles. */
  async roles(): Promise<string[]> {
    return [...(await this.iam({ Action: "ListRoles" })).matchAll(/<RoleName>([^<]+)/g)].map(([, name = ""]) => name);
  }

  /** Names of all ledgers but the one that the server begins with. */
  ledgerNames(): string[] {
    return this.ledgers.registry
      .list()
      .map(({ name }) => name)
      .filter((name) => name !== "demo");
  }
}

/** Content of the first element of a name. */
export function xml(text: string, element: string): string {
  return new RegExp(`<${element}>([^<]*)`).exec(text)?.[1] ?? "";
}

/**
 * This machine's address on the network of a running container, which containers of every network reach. The network itself does not
 * always tell: an engine whose data is new names no gateway for its bridge until it has been started a second time.
 */
async function gatewayOf(container: string): Promise<string> {
  const { stdout, stderr } = await run("docker", ["inspect", container, "--format", "{{.NetworkSettings.Gateway}}"]);
  const address = stdout.trim();
  if (!isIPv4(address)) throw new Error(`no gateway of container ${container}: "${address}"\n${stderr}`);
  return address;
}
