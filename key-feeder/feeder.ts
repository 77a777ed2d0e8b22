import { createHash } from "node:crypto";
import { asidePrefix, type BootstrapMode, bootstrapModes, bootstrapObject, shareObject, sharePrefix } from "./contract.ts";
import type { Keys } from "./identity.ts";
import type { FeederLog } from "./log.ts";
import { encryptSecrets, holdsSecrets, opens } from "./secrets.ts";
import type { FeederSettings } from "./settings.ts";
import type { Listing, Storage } from "./storage.ts";

export interface FeederArgs {
  readonly storage: Pick<Storage, "list" | "get" | "isOurs" | "createBucket" | "put" | "replace" | "move" | "remove">;
  readonly keys: Keys;
  readonly settings: Pick<FeederSettings, "config" | "sharesBucket" | "bootstrap" | "secrets">;
  readonly log: FeederLog;
  /** Called once something is found missing, before it is put back. */
  readonly onMissing: () => Promise<void>;
  /** Loads STS; runs beside the repairs. */
  readonly warmUp: () => Promise<void>;
  readonly now?: () => Date;
}

/** Keeps in S3 what the service needs to open its secrets. */
export class Feeder {
  private readonly args: FeederArgs;
  private readonly shares: ReadonlyMap<string, string>;
  /** ETag of an object that was found, or put, to hold the secrets. */
  private knownGood: string | undefined;
  /** ETag of one that a person has put, which is left alone. */
  private left: string | undefined;
  private warm = false;
  private mode: BootstrapMode | undefined;

  constructor(args: FeederArgs) {
    this.args = args;
    this.shares = new Map(args.keys.operators.map(({ name, share }) => [shareObject(name), share]));
  }

  /**
   * Looks once whether everything is there, and puts back what is not.
   * @throws where S3 or STS cannot be used; everything is there once it returns
   */
  async pass(): Promise<void> {
    const { storage, log, onMissing } = this.args;
    const found = await this.look();
    const changed = this.mode !== found.mode;
    if (changed) this.change(found.mode);
    const missing = await this.missing(found);
    if (missing.length > 0) {
      // Whoever lost its objects has lost its loaded services too.
      this.warm = false;
      await onMissing();
    }
    const warming = this.warm ? Promise.resolve() : this.args.warmUp();
    await Promise.all([warming, missing.length > 0 ? this.repair(found) : Promise.resolve()]);
    this.warm = true;
    if (missing.length > 0) log.info("put into S3", { missing });
    if (changed && found.mode === "manual") await this.withdraw(storage);
    this.mode = found.mode;
  }

  /** Something failed: what was true before need not be any more. */
  forget(): void {
    this.warm = false;
  }

  /** What a person has put is looked at anew by the rules of the mode that counts from now on. */
  private change(mode: BootstrapMode): void {
    this.left = undefined;
    if (this.mode !== undefined)
      this.args.log.info("bootstrap is another one now", { bootstrap: mode, declared: this.args.settings.bootstrap });
  }

  private async look(): Promise<Found> {
    const { storage, settings } = this.args;
    const [config, shares, instead] = await Promise.all([
      storage.list(settings.config.bucket, settings.config.object),
      storage.list(settings.sharesBucket, sharePrefix),
      storage.list(settings.sharesBucket, bootstrapObject),
    ]);
    const mode = bootstrapModes.find((each) => instead?.get(bootstrapObject) === md5(each)) ?? settings.bootstrap;
    return { config, shares, mode };
  }

  /** Names of what is missing or is not what it should be. */
  private async missing(found: Found): Promise<string[]> {
    const { settings } = this.args;
    const missing: string[] = [];
    if (found.config === undefined) missing.push(`bucket ${settings.config.bucket}`);
    if (found.shares === undefined) missing.push(`bucket ${settings.sharesBucket}`);
    if (await this.isToPut(found)) missing.push(`object ${settings.config.object}`);
    if (found.mode === "manual") return missing;
    return [...missing, ...[...this.wrongShares(found), ...this.foreignShares(found)].map((key) => `object ${key}`)];
  }

  /** Of another vault, under names that are not ours: with one of them the service cannot combine the others. */
  private foreignShares(found: Found): string[] {
    return [...(found.shares?.keys() ?? [])].filter((key) => !this.shares.has(key));
  }

  /** False too for secrets that somebody else has put: while bootstrap is theirs, and whenever the vault opens them. */
  private async isToPut({ config, mode }: Found): Promise<boolean> {
    const etag = config?.get(this.args.settings.config.object);
    if (await this.holdsOurSecrets(etag)) return false;
    if (etag === undefined) return true;
    if (etag === this.left) return false;
    const { storage, settings, keys, log } = this.args;
    const { bucket, object } = settings.config;
    if (await storage.isOurs(bucket, object)) return true;
    const file = mode === "auto" ? await storage.get(bucket, object) : undefined;
    if (mode === "auto" && (file === undefined || !(await opens(keys.identity, file)))) return true;
    this.left = etag;
    log.info("the secrets that somebody has put are left alone", { object, bootstrap: mode });
    return false;
  }

  private wrongShares(found: Found): string[] {
    return [...this.shares].flatMap(([key, share]) => (found.shares?.get(key) === md5(share) ? [] : [key]));
  }

  private async holdsOurSecrets(etag: string | undefined): Promise<boolean> {
    if (etag === undefined) return false;
    if (etag === this.knownGood) return true;
    const { storage, settings, keys } = this.args;
    const file = await storage.get(settings.config.bucket, settings.config.object);
    const good = file !== undefined && (await holdsSecrets(keys.identity, file, settings.secrets));
    if (good) this.knownGood = etag;
    return good;
  }

  /**
   * Wrong shares go first, shares come last: whoever finds two shares finds them of one identity, and secrets that open with it.
   * (The service combines all the shares it finds.)
   */
  private async repair(found: Found): Promise<void> {
    const { storage, settings, keys } = this.args;
    const { bucket, object } = settings.config;
    const auto = found.mode === "auto";
    const wrong = auto ? this.wrongShares(found) : [];
    const stale = wrong.filter((key) => found.shares?.has(key));
    if (auto) await this.setAside(settings.sharesBucket, [...stale, ...this.foreignShares(found)]);
    await Promise.all([
      found.config === undefined ? storage.createBucket(bucket) : undefined,
      found.shares === undefined ? storage.createBucket(settings.sharesBucket) : undefined,
    ]);
    const etag = found.config?.get(object);
    if (await this.isToPut(found)) {
      if (etag !== undefined && !(await storage.isOurs(bucket, object))) await this.setAside(bucket, [object]);
      const secrets = await encryptSecrets(keys.identity, settings.secrets);
      // Under manual somebody may be putting theirs in this very moment.
      this.knownGood = auto ? await storage.put(bucket, object, secrets) : await storage.replace(bucket, object, secrets, etag);
    }
    await Promise.all(wrong.map((key) => storage.put(settings.sharesBucket, key, this.shares.get(key) ?? "")));
  }

  /** Others' objects are kept, under keys that the service does not look at. */
  private async setAside(bucket: string, keys: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const { storage, log, now = () => new Date() } = this.args;
    const to = `${asidePrefix}${now().toISOString()}/`;
    for (const key of keys) await storage.move(bucket, key, to + key);
    log.warn("objects of another vault were in the way of unsealing: set aside", { bucket, objects: keys, to });
  }

  /** Bootstrap was switched to manual: shares that were put for the operators are theirs to put again. */
  private async withdraw(storage: FeederArgs["storage"]): Promise<void> {
    const { settings, log } = this.args;
    const keys = [...this.shares.keys()];
    const ours = await Promise.all(keys.map((key) => storage.isOurs(settings.sharesBucket, key)));
    const stale = keys.filter((_, index) => ours[index]);
    if (stale.length === 0) return;
    await storage.remove(settings.sharesBucket, stale);
    log.info("bootstrap is manual: took back the shares that were put automatically before", { objects: stale });
  }
}

interface Found {
  /** Undefined where there is no bucket. */
  readonly config: Listing | undefined;
  readonly shares: Listing | undefined;
  /** How the stack is to be unsealed now. */
  readonly mode: BootstrapMode;
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
