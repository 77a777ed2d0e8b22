import { chmod, rename, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Writes a file all at once: whoever reads it finds the text before or this one, whatever kills this process. Its folder has to be there.
 * @param mode under any umask; by default what the umask leaves of 666
 */
export async function writeWhole(file: string, text: string, mode?: number): Promise<void> {
  const incoming = join(dirname(file), `.${basename(file)}.${process.pid}.new`);
  await writeFile(incoming, text);
  if (mode !== undefined) await chmod(incoming, mode);
  await rename(incoming, file);
}
