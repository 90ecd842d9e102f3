import type { Database } from "../store/db.ts";
import type { Settings } from "./env.ts";
import type { Host } from "./hosts.ts";
import type { Identity } from "./identity/tokens.ts";

/**
 * What every handler finds: `now` is read once per request. `identity` is set behind `signedIn`.
 */
export type App = {
  Bindings: Env;
  Variables: {
    settings: Settings;
    db: Database;
    now: number;
    identity: Identity;
    /** Of a request to a service: the host that it came to; null: it came below `/http/`. */
    host: Host | null;
    /** The line that renews the cookie of that host; absent: it is not due. */
    renewed: string;
    /** The other origin whose page may read the answer. */
    listed: string | null;
  };
};
