import { setTimeout as sleep } from "node:timers/promises";
import { certificatesFolder, serverFile } from "./contract.ts";
import { connectRedis } from "./payouts/streams.ts";
import type { RedisSettings } from "./settings.ts";

const retryMs = 1_000;

/**
 * Has Redis read the servers' certificate again, as soon as it answers: unlike the others it does not look for itself.
 * Whatever it shows is taken: it may have started with a certificate that had ended, which is what this mends.
 */
export async function reloadCertificate(settings: RedisSettings, signal: AbortSignal): Promise<void> {
  const redis = connectRedis(settings, () => undefined, { rejectUnauthorized: false });
  const file = `${certificatesFolder}/${serverFile}`;
  try {
    while (!signal.aborted) {
      try {
        await redis.config("SET", "tls-cert-file", file, "tls-key-file", file);
        return;
      } catch {
        // Whoever needs Redis says so. It may not be there yet.
        await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
  } finally {
    redis.disconnect();
  }
}
