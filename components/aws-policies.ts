/** A policy document: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

interface Statement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Principal?: { readonly AWS: string };
  readonly Action: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** Who is logged in, as STS says it. */
export interface AwsIdentity {
  readonly account: string;
  readonly arn: string;
}

/**
 * Lets the developer, and nobody else, assume the ledger's role. Pure.
 * A user is named as such. Sessions of a role come and go, and their ARN hides the role's path: the account is named, and the condition
 * lets in that role alone. Sessions of IAM Identity Center carry the person's name, which the condition then asks for too.
 */
export function trustPolicy(developer: AwsIdentity): PolicyDocument {
  const [, partition = "aws"] = developer.arn.split(":");
  const session = /:assumed-role\/([^/]+)\/(.+)$/.exec(developer.arn);
  const allowed = { Sid: "Developer", Effect: "Allow", Action: "sts:AssumeRole" } as const;
  if (session === null) return document({ ...allowed, Principal: { AWS: developer.arn } });
  const [, role = "", name = ""] = session;
  const roles = `arn:${partition}:iam::${developer.account}:role`;
  return document({
    ...allowed,
    Principal: { AWS: `arn:${partition}:iam::${developer.account}:root` },
    Condition: {
      ArnLike: { "aws:PrincipalArn": [`${roles}/${role}`, `${roles}/*/${role}`] },
      ...(role.startsWith("AWSReservedSSO_") ? { StringLike: { "aws:userId": `*:${name}` } } : {}),
    },
  });
}

/** What the service's statements need (payments-service.md): it makes tables and indexes, reads, inserts and updates; it removes nothing. */
const partiqlActions = ["CreateTable", "CreateIndex", "Select", "Insert", "Update", "HistoryFunction"];

/**
 * What the ledger's role may do: talk to this one ledger, and run the statements of the service on its tables. Pure.
 * Actions and resources: https://docs.aws.amazon.com/qldb/latest/developerguide/getting-started-standard-mode.html
 */
export function ledgerPolicy(ledgerArn: string): PolicyDocument {
  return document(
    { Sid: "Ledger", Effect: "Allow", Action: "qldb:SendCommand", Resource: ledgerArn },
    {
      Sid: "Tables",
      Effect: "Allow",
      Action: partiqlActions.map((action) => `qldb:PartiQL${action}`),
      Resource: `${ledgerArn}/table/*`,
    },
    { Sid: "Catalog", Effect: "Allow", Action: "qldb:PartiQLSelect", Resource: `${ledgerArn}/information_schema/user_tables` },
  );
}

function document(...statements: Statement[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: statements };
}
