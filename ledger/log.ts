import { styleText } from "node:util";

export type LedgerLog = (message: string, level?: "info" | "error") => void;

/** Writes the server's log: lines for people on a terminal, JSON lines for everything else. */
export function logTo(stream: Pick<NodeJS.WriteStream, "write" | "isTTY">, now: () => Date = () => new Date()): LedgerLog {
  return (message, level = "info") => {
    const time = now().toISOString();
    stream.write(stream.isTTY === true ? `${forPeople(time, level, message)}\n` : `${JSON.stringify({ time, level, message })}\n`);
  };
}

function forPeople(time: string, level: "info" | "error", message: string): string {
  const clock = styleText("dim", time.slice(11, 19), { stream: process.stderr });
  return level === "error" ? `${clock} ${styleText("red", "error:", { stream: process.stderr })} ${message}` : `${clock} ${message}`;
}
