import { readFile } from "node:fs/promises";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { makeAuthority } from "../common/certificates.ts";
import { errorCode, errorMessage, UserError } from "../common/errors.ts";
import { ifPresent, writeWhole } from "../common/files.ts";
import { endsWithin, joinedPem, type KeyedCertificate, keyedCertificate } from "../common/keyed-certificate.ts";
import { withLock } from "../common/lock.ts";
import { type AuthorityFiles, authorityFiles } from "./home.ts";

const authorityDays = 3650;

/** Before its end so long, no server could have a certificate for its time. */
const renewedBeforeDays = 100;

/**
 * The certificate authority of this user and machine, which signs the certificates of our servers: made once, and anew when it nears its end. Of
 * processes that want it at once all get the same. The file with its key holds both, so that they always fit; programs get one of its certificate.
 * @throws UserError for a file that is damaged
 */
export async function keepAuthority(env: NodeJS.ProcessEnv, now: Date): Promise<KeyedCertificate> {
  const files = authorityFiles(env);
  try {
    return await withLock(`${files.key}.lock`, () => keepUnlocked(files, now), { intervalMs: 20 });
  } catch (error) {
    if (error instanceof UserError || errorCode(error) === undefined) throw error;
    const folder = dirname(files.key);
    throw new UserError(
      `the certificate authority in ${folder} cannot be kept: ${errorMessage(error)}`,
      "keep it elsewhere: NITRO_HOME=FOLDER",
    );
  }
}

async function keepUnlocked(files: AuthorityFiles, now: Date): Promise<KeyedCertificate> {
  const kept = await readAuthority(files.key);
  const authority = kept === undefined || endsWithin(kept.certificate, renewedBeforeDays, now) ? anew(now) : kept;
  if (authority !== kept) await writeWhole(files.key, joinedPem(authority), { mode: 0o600, durable: true });
  const told = await ifPresent(readFile(files.certificate, "utf8"));
  if (told !== authority.certificate) await writeWhole(files.certificate, authority.certificate, { mode: 0o644, durable: true });
  return authority;
}

function anew(now: Date): KeyedCertificate {
  return makeAuthority(`nitro-stacks on ${hostname()}`, authorityDays, now);
}

async function readAuthority(file: string): Promise<KeyedCertificate | undefined> {
  const text = await ifPresent(readFile(file, "utf8"));
  if (text === undefined) return undefined;
  const found = keyedCertificate(text);
  if (found !== undefined) return found;
  throw new UserError(
    `${file} is damaged: it has to hold the key and the certificate of a certificate authority`,
    `rm ${file}, and give programs the new certificate that takes its place`,
  );
}
