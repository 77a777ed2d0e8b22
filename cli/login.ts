import { asUserError } from "../automation/aws-ready.ts";
import { configure, mustBePlain } from "../automation/configured.ts";
import { UserError } from "../common/errors.ts";
import { Engine } from "../docker/engine.ts";
import { imageRefs } from "../images/build.ts";
import { labels, stackNames } from "../model/names.ts";
import { deliverCredentials } from "../stacks/aws/credentials.ts";
import { type AwsLogin, checkRole, logIn } from "../stacks/aws/login.ts";
import { ownerId } from "../toolchain/owner.ts";
import { declareCommand } from "./core/command.ts";
import { jsonOption, stackOption } from "./core/declaration.ts";
import { selectStack } from "./core/selection.ts";

export const command = declareCommand({
  options: {
    ...stackOption,
    profile: {
      type: "string",
      placeholder: "NAME",
      help: "a profile of your AWS configuration; stays in the stack's settings (aws.profile)",
    },
    restart: { type: "boolean", help: "restart the service, for programs that read the file only when they start" },
    ...jsonOption,
  },
  notes: `Your credentials are found where every AWS tool finds them: environment, profile, IAM Identity Center, credential process. They go into
a file that only the service sees, and nowhere else. \`up\` does it too; this is for when they have expired: aws sso login && ./nitro login`,

  async run({ values }, context) {
    const stack = selectStack(values.stack, context.env);
    const changes = { "aws.profile": values.profile };
    const configured = await configure(stack, context, { changes, files: [] });
    mustBePlain(configured, "ledger", "aws", "images.base");
    const { settings, file } = configured;
    if (settings.ledger.mode !== "aws")
      throw new UserError(
        `stack "${stack}" has a local ledger and needs no AWS credentials`,
        "its setting is ledger.mode; see docs/aws-mode.md",
      );
    const access = { settings: settings.aws, stack };
    const login = await asUserError(logIn(access));
    const engine = Engine.connect(context.env);
    const names = stackNames(stack, settings.aws.region);
    const owner = ownerId(context.env);
    await mustBeUp(engine, names.volumes.credentials, stack, owner);
    await mayUseRole(access, login, names.qldbRoleName);
    const { arch } = await engine.ping();
    const image = imageRefs(arch, settings.images).base;
    await deliverCredentials(engine, login, { volume: names.volumes.credentials, stack, owner, image });
    await file.write();
    if (values.restart) await engine.restart(names.containers.service, { graceSeconds: 1 });
    context.stdout.write(describeLogin(login, stack, values.json));
    return 0;
  },
});

async function mustBeUp(engine: Engine, volume: string, stack: string, owner: string): Promise<void> {
  const found = await engine.volumes({ labels: { [labels.stack]: stack, [labels.owner]: owner } });
  if (found.some(({ name }) => name === volume)) return;
  throw new UserError(`stack "${stack}" is not up in ledger mode aws: there is nobody to log in`, `./nitro up -s ${stack}`);
}

/** The role trusts whoever brought the stack up. */
async function mayUseRole(access: Parameters<typeof checkRole>[0], login: AwsLogin, role: string): Promise<void> {
  const [, partition = "aws"] = login.identity.arn.split(":");
  const arn = `arn:${partition}:iam::${login.identity.account}:role/${role}`;
  await asUserError(checkRole(access, login.secrets, arn)).catch((error: unknown) => {
    if (!(error instanceof UserError)) throw error;
    throw new UserError(
      `${login.identity.arn} may not use the stack's ledger: ${error.message}`,
      `./nitro up -s ${access.stack} makes its role trust you`,
    );
  });
}

function describeLogin({ identity, secrets }: AwsLogin, stack: string, json: boolean): string {
  const until = secrets.expiration?.toISOString();
  if (json) return `${JSON.stringify({ stack, ...identity, until }, null, 2)}\n`;
  return `stack ${stack} uses ${identity.arn}${until === undefined ? "" : `, until ${until}`}\n`;
}
