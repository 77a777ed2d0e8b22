/** Sends an event to the page; resolves once there is room for the next. */
export type Emit = (name: string, data: unknown) => Promise<void>;

/** What a route is asked. */
export interface Asked {
  /** Parts of the path that the route has names for. */
  readonly parts: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** What was posted; undefined otherwise. */
  readonly body: unknown;
  /** Aborted when the page asks no more, or the server ends. */
  readonly signal: AbortSignal;
}

interface Place {
  /** Such as "/api/payouts/:payout/cancel". */
  readonly path: string;
}

/** Something that is answered at once, with JSON. */
export interface AnswerRoute extends Place {
  readonly method: "GET" | "POST";
  /** @throws UserError with what is wrong with the request */
  answer(asked: Asked): Promise<unknown>;
}

/** Something that goes on, as server-sent events. */
export interface StreamRoute extends Place {
  readonly method: "GET";
  /** Ends with the signal. @throws UserError with why it cannot go on, which the page tells */
  stream(asked: Asked, emit: Emit): Promise<void>;
}

export type Route = AnswerRoute | StreamRoute;

export interface FoundRoute {
  readonly route: Route;
  readonly parts: Readonly<Record<string, string>>;
}

/** @returns the route of a path; "method" where it is there for another method; undefined where there is none */
export function findRoute(routes: readonly Route[], method: string, path: string): FoundRoute | "method" | undefined {
  const there = routes.flatMap((route) => {
    const parts = matched(route.path, path);
    return parts === undefined ? [] : [{ route, parts }];
  });
  return there.find(({ route }) => route.method === method) ?? (there.length > 0 ? "method" : undefined);
}

function matched(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [pattern, path].map((each) => each.split("/")) as [string[], string[]];
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, piece] of wanted.entries()) {
    const text = given[index] ?? "";
    if (!piece.startsWith(":")) {
      if (piece !== text) return undefined;
      continue;
    }
    const decoded = decode(text);
    if (decoded === undefined || decoded === "") return undefined;
    parts[piece.slice(1)] = decoded;
  }
  return parts;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
