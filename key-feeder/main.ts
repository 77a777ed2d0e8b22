import { setTimeout as sleep } from "node:timers/promises";
import { type CertificateFolders, type KeptCertificates, keepCertificates } from "./certificates.ts";
import { Feeder } from "./feeder.ts";
import { HealthFile } from "./health.ts";
import { type Keys, loadOrMakeKeys, publishKeys, tellOperators, withOperatorKeys } from "./identity.ts";
import { createLog, type FeederLog, Outage, problem } from "./log.ts";
import { Payouts } from "./payouts/payouts.ts";
import { createSigner } from "./payouts/signer.ts";
import { connectRedis, Streams } from "./payouts/streams.ts";
import { reloadCertificate } from "./redis-certificate.ts";
import { type FeederSettings, type RedisSettings, readFeederSettings } from "./settings.ts";
import { Storage } from "./storage.ts";
import { warmSts } from "./sts.ts";

/** How often S3 is looked at; what is missing has to be back within 2 s. */
const lookMs = 1_000;
const retryMs = 500;
/** How often certificates are looked at. A machine's sleep only puts it off. */
const certificatesMs = 3_600_000;
/** How long an incomplete payout waits for further payments to be prepared. */
const quietMs = 10_000;

/** Feeds until the signal is aborted. */
async function feed(settings: FeederSettings, keys: Keys, log: FeederLog, signal: AbortSignal): Promise<void> {
  const health = new HealthFile(settings.healthFile);
  const outage = new Outage(log, "S3 or STS");
  const storage = new Storage(settings.aws);
  const feeder = new Feeder({
    storage,
    keys,
    settings,
    log,
    onMissing: () => health.set(false),
    warmUp: async () => (settings.qldbRoleArn === undefined ? undefined : warmSts(settings.aws, settings.qldbRoleArn)),
  });
  signal.addEventListener("abort", () => storage.close());
  await health.set(false);
  while (!signal.aborted) {
    try {
      await feeder.pass();
      await health.set(true);
      outage.worked();
      await pause(lookMs, signal);
    } catch (error) {
      feeder.forget();
      await health.set(false);
      if (!signal.aborted) outage.failed(error);
      await pause(retryMs, signal);
    }
  }
  await health.set(false);
}

/** Authorizes until the signal is aborted. */
async function authorize(settings: FeederSettings, keys: Keys, ca: string | undefined, log: FeederLog, signal: AbortSignal): Promise<void> {
  const outage = new Outage(log, "Redis");
  const redis = connectRedis(settings.redis, (error) => outage.failed(error), { ca });
  signal.addEventListener("abort", () => redis.disconnect());
  const [first, second] = keys.operators.map(({ privateKey }) => createSigner(privateKey));
  if (first === undefined || second === undefined) throw new Error("there are not two operators");
  const rules = { custodians: settings.custodians, quietMs };
  while (!signal.aborted) {
    try {
      const payouts = new Payouts({ streams: new Streams(redis), signers: [first, second], serviceHost: settings.serviceHost, rules, log });
      await payouts.load();
      while (!signal.aborted) {
        await payouts.round();
        outage.worked();
      }
    } catch (error) {
      if (!signal.aborted) outage.failed(error);
      await pause(retryMs, signal);
    }
  }
}

/** Keeps certificates from ending until the signal is aborted. */
async function renew(folders: CertificateFolders, redis: RedisSettings, keys: Keys, log: FeederLog, signal: AbortSignal): Promise<void> {
  for (let made = true; ; ) {
    // The first time too: it may have been made while Redis, or this one, was not there.
    if (made && redis.tls) await reloadCertificate(redis, signal);
    await pause(certificatesMs, signal);
    if (signal.aborted) return;
    try {
      made = (await certify(folders, keys, log)).made.length > 0;
    } catch (error) {
      log.error("certificates cannot be kept; trying again", { reason: problem(error) });
    }
  }
}

/** Looks once after certificates, and tells what there is. */
async function certify(folders: CertificateFolders, keys: Keys, log: FeederLog): Promise<KeptCertificates> {
  const kept = await keepCertificates(folders, new Date());
  if (kept.made.length > 0) log.info("made certificates", { made: kept.made });
  await tellOperators(keys, folders.keysDir, kept.authority);
  return kept;
}

/** Waits, or less when the signal is aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch(() => undefined);
}

async function main(log: FeederLog): Promise<void> {
  const settings = readFeederSettings(process.env);
  const stop = new AbortController();
  for (const name of ["SIGTERM", "SIGINT"] as const) {
    process.on(name, () => {
      stop.abort();
      // Whatever is under way is safe to leave: the next start goes on from what is stored.
      setTimeout(() => process.exit(0), 500).unref();
    });
  }
  const { keys: stored, made } = await loadOrMakeKeys(settings.keysDir);
  const keys = withOperatorKeys(stored, settings.operatorKeys);
  await publishKeys(keys, settings.publicDir);
  const { tls } = settings;
  const folders = tls && { ...settings, tls };
  const kept = folders && (await certify(folders, keys, log));
  if (kept === undefined) await tellOperators(keys, settings.keysDir);
  log.info(made ? "made the stack's keys" : "read the stack's keys", {
    stack: settings.stack,
    bootstrap: settings.bootstrap,
    authorization: settings.authorization,
  });
  const parts = [feed(settings, keys, log, stop.signal)];
  if (folders !== undefined) parts.push(renew(folders, settings.redis, keys, log, stop.signal));
  if (settings.authorization === "auto") parts.push(authorize(settings, keys, kept?.authority, log, stop.signal));
  await Promise.all(parts);
  log.info("stopped");
}

const log = createLog((line) => process.stderr.write(line));
try {
  await main(log);
} catch (error) {
  log.error("the key-feeder cannot go on", { reason: problem(error) });
  process.exitCode = 1;
}
