/**
 * What the platform hands to the Worker: bindings, variables and secrets of wrangler.toml, name by
 * name (test/tidy.test.ts compares the two).
 */
interface Env {
  readonly DB: D1Database;
  readonly RECORDINGS: R2Bucket;
  readonly SESSIONS: DurableObjectNamespace<import("./durable-objects/session.ts").SessionObject>;
  readonly DESK: DurableObjectNamespace<import("./durable-objects/review-desk.ts").ReviewDesk>;
  readonly CATALOGS: DurableObjectNamespace<import("./durable-objects/catalog.ts").CatalogObject>;
  readonly CALLERS: DurableObjectNamespace<import("./durable-objects/caller.ts").CallerObject>;
  readonly CONSOLES: DurableObjectNamespace<import("./durable-objects/console.ts").ConsoleObject>;

  /** The dashboard's files; undefined where the gateway runs without them. */
  readonly ASSETS: Fetcher;

  readonly PUBLIC_URL: string;
  /** Empty, or a domain below which services have hosts. */
  readonly HTTP_DOMAIN: string;
  readonly OIDC_ISSUER: string;
  readonly OIDC_CLIENT_ID: string;
  readonly OIDC_GROUPS_CLAIM: string;
  readonly ADMIN_GROUPS: string;

  readonly OIDC_CLIENT_SECRET: string;
  readonly SIGNING_KEYS: string;
  readonly SEALING_KEYS: string;
}
