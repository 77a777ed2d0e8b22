import type { Context } from "../../common/context.ts";
import { aboutRoute } from "../../dashboard/about.ts";
import { ledgerRoutes } from "../../dashboard/ledger.ts";
import type { ServedPage } from "../../dashboard/server.ts";
import { LedgerHttp } from "../../ledger/client/http.ts";
import { LedgerClient } from "../../ledger/client/session.ts";
import { openPage } from "../dashboard/open-page.ts";

/** A ledger that is being served, as its page asks it. */
export interface PagedLedger {
  readonly endpoint: string;
  readonly name: string;
  /** Certificate of the authority that vouches for it, PEM. */
  readonly authority: string | undefined;
}

/** Serves a page for a ledger alone. */
export function openLedgerPage({ endpoint, name, authority }: PagedLedger, context: Context): Promise<ServedPage> {
  const http = new LedgerHttp(endpoint, "./nitro ledger serve", { authority });
  const desk = {
    async withLedger<T>(use: (ledger: { http: LedgerHttp; name: string; client: LedgerClient }) => Promise<T>): Promise<T> {
      const client = new LedgerClient(http, name);
      try {
        return await use({ http, name, client });
      } finally {
        await client.close();
      }
    },
  };
  const about = aboutRoute(async () => ({ stack: undefined, ledger: name }));
  return openPage({ port: 0, routes: [about, ...ledgerRoutes(desk)], first: "ledger" }, context);
}
