import { SettingsFile } from "../../model/settings-file.ts";

/**
 * What a command line changes of the settings stays once an executable by it runs and answers; else it would make every later command fail. It is
 * written before the first swap, which reads the settings, and so only for a file that can run at all.
 */
export class SettingsTrial {
  private readonly file: SettingsFile;
  private restore: (() => Promise<void>) | undefined;
  private written = "";
  private kept = false;

  constructor(file: SettingsFile) {
    this.file = file;
  }

  /** True while the settings do not say yet what the command line does. */
  get pending(): boolean {
    return this.file.changed && this.restore === undefined;
  }

  /** Writes them, where that has not been done. */
  async begin(): Promise<void> {
    if (this.restore !== undefined) return;
    this.restore = await this.file.write();
    this.written = await this.textNow();
  }

  /** They have proved good: they stay. */
  async keep(): Promise<void> {
    await this.begin();
    this.kept = true;
  }

  /** Puts back what has not proved good, unless somebody has written something else meanwhile. */
  async end(): Promise<void> {
    const { restore, kept } = this;
    if (restore !== undefined && !kept && (await this.textNow()) === this.written) await restore();
  }

  private async textNow(): Promise<string> {
    return (await SettingsFile.read(this.file.path)).text;
  }
}
