import { Engine, EngineError } from "../../docker/engine.ts";

/** Names the processes by their files, whoever started them and however they are called otherwise. */
const script = `for process in /proc/[0-9]*; do
  read -r name < "$process/comm" || continue
  [ "$name" = payments ] && sha256sum "$process/exe"
done 2>/dev/null
true`;

/**
 * What a container really runs, found out beside everything that the commands do for it.
 * @returns the SHA-256 of its program's file; undefined where it runs none
 */
export async function runningHash(container: string, engine: Engine = Engine.connect()): Promise<string | undefined> {
  try {
    const { stdout } = await engine.exec(container, ["sh", "-c", script]);
    return /^\\?([0-9a-f]{64}) /m.exec(stdout)?.[1];
  } catch (error) {
    if (error instanceof EngineError && error.status !== undefined) return undefined;
    throw error;
  }
}
