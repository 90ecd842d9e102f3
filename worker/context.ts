import type { Database } from "../store/db.ts";
import type { Settings } from "./env.ts";
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
  };
};
