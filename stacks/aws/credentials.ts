import { randomBytes } from "node:crypto";
import { privateFile } from "../../docker/archive.ts";
import type { Engine } from "../../docker/engine.ts";
import { labels } from "../../model/names.ts";
import type { AwsLogin } from "./login.ts";

/** User and group that the service runs as. */
const reader = 1000;

/**
 * A shared credentials file: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html. Pure.
 * @returns its text, a secret
 */
export function credentialsText({ identity, secrets }: AwsLogin): string {
  const until = secrets.expiration === undefined ? "" : `, until ${secrets.expiration.toISOString()}`;
  const token = secrets.sessionToken === undefined ? "" : `aws_session_token = ${secrets.sessionToken}\n`;
  return (
    `# ${identity.arn}${until}; written by nitro login\n[default]\n` +
    `aws_access_key_id = ${secrets.accessKeyId}\naws_secret_access_key = ${secrets.secretAccessKey}\n${token}`
  );
}

export interface Delivered {
  readonly volume: string;
  readonly stack: string;
  readonly owner: string;
  /** Name of an image of ours: it has to have mv. */
  readonly image: string;
}

type Mover = Pick<Engine, "create" | "unpack" | "start" | "wait" | "removeContainer">;

/**
 * Puts the credentials into the volume that the service sees read-only: mode 0600, the container's user as its owner. They travel in the
 * body of a request to the engine and appear by a rename, so that whoever reads finds the old ones or the new ones. Works with engines
 * on other machines, too, and whatever this machine's user is.
 */
export async function deliverCredentials(engine: Mover, login: AwsLogin, to: Delivered): Promise<void> {
  const name = `nitro-${to.stack}-login-${randomBytes(4).toString("hex")}`;
  const [folder, incoming] = ["/login", ".incoming"];
  const id = await engine.create(name, {
    image: to.image,
    entrypoint: ["mv"],
    command: ["-f", `${folder}/${incoming}`, `${folder}/credentials`],
    user: "0:0",
    network: "none",
    readOnly: true,
    capDropAll: true,
    noNewPrivileges: true,
    labels: { [labels.stack]: to.stack, [labels.owner]: to.owner, [labels.role]: "login" },
    binds: [`${to.volume}:${folder}`],
  });
  try {
    await engine.unpack(id, folder, privateFile(incoming, credentialsText(login), reader));
    await engine.start(id);
    const code = await engine.wait(id);
    if (code !== 0) throw new Error(`the AWS credentials could not be put into volume ${to.volume}: mv ended with exit code ${code}`);
  } finally {
    await engine.removeContainer(id, { force: true });
  }
}
