import { useEffect, useRef, useState } from "preact/hooks";
import type { PageEvent } from "./event-stream.ts";
import { asPageError, followEvents, type PageError } from "./server.ts";

/** Between two tries to reach the server, in ms. */
const againMs = 2_000;

/**
 * Follows a stream of the server for as long as the component is there, anew after each problem.
 * @param onStart called before the first event of each try: what was kept of the one before is not valid any more
 * @returns what stands in the way now
 */
export function useStream(path: string, onEvent: (event: PageEvent) => void, onStart?: () => void): PageError | undefined {
  const [problem, setProblem] = useState<PageError>();
  const latest = useRef({ onEvent, onStart });
  latest.current = { onEvent, onStart };
  useEffect(() => {
    const stop = new AbortController();
    const { signal } = stop;
    const run = async () => {
      while (!signal.aborted) {
        try {
          let begun = false;
          await followEvents(path, signal, (events) => {
            if (!begun) latest.current.onStart?.();
            begun = true;
            setProblem(undefined);
            for (const event of events) latest.current.onEvent(event);
          });
        } catch (error) {
          if (signal.aborted) return;
          setProblem(asPageError(error));
        }
        await new Promise((resolve) => setTimeout(resolve, againMs));
      }
    };
    void run();
    return () => stop.abort();
  }, [path]);
  return problem;
}
