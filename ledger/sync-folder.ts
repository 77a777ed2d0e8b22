import { open } from "node:fs/promises";

/** Makes a folder's entries durable: a new or renamed file is on disk only once its folder is. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
