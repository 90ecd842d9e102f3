import type { RecordingLevel, UnixMs } from "./decision.ts";

export type PrincipalKind = "person" | "service" | "sluice";

export type Principal = {
  /** Stable: issuer's subject. */
  readonly id: string;
  /** For people: `ada`. */
  readonly name: string;
  readonly groups: readonly string[];
  readonly kind: PrincipalKind;
};

/** What a policy's `roles` give to groups. */
export const ROLES = ["reviewer", "auditor", "admin"] as const;
export type Role = (typeof ROLES)[number];

/** Where a secret lies, never what it is: sealed under a name, or a secret of the Worker. */
export type SecretRule = { readonly secret: string } | { readonly env: string };

type Configured = {
  readonly id: string;
  readonly name: string;
  readonly network: "public" | "private";
  readonly labels: Readonly<Record<string, string>>;
};

export type PostgresResource = Configured & {
  readonly type: "postgres";
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: SecretRule | null;
  readonly tls: "disable" | "verify-full";
};

/** How a service is told who asks, without the secrets themselves. */
export type CredentialWay =
  | { readonly kind: "bearer"; readonly token: SecretRule }
  | { readonly kind: "basic"; readonly user: string; readonly password: SecretRule }
  | {
      readonly kind: "header";
      readonly name: string;
      readonly value: SecretRule;
      readonly prefix: string;
    }
  | { readonly kind: "query"; readonly name: string; readonly value: SecretRule }
  | {
      readonly kind: "oauth";
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: SecretRule;
      readonly scope?: string | undefined;
      readonly audience?: string | undefined;
      readonly auth: "basic" | "post";
    }
  | {
      readonly kind: "aws";
      readonly region: string;
      readonly service: string;
      readonly accessKey: string | SecretRule;
      readonly secretKey: SecretRule;
      readonly sessionToken?: SecretRule | undefined;
    };

/** `mtls` names the binding whose `fetch` shows the certificate. One of the two is never null. */
export type Credential = { readonly way: CredentialWay | null; readonly mtls: string | null };

export type HttpResource = Configured & {
  readonly type: "http";
  /** Origin and base path, without a slash at the end: `https://billing.internal/v2`. */
  readonly url: string;
  readonly host: string;
  readonly credential: Credential;
  /** Ambiguous forms of a request's path that the service needs (core/protocols/http/target.ts). */
  readonly forms: readonly string[];
  /** Origins whose pages may call it by a token of theirs. */
  readonly origins: readonly string[];
  /** The service's own OpenAPI document. */
  readonly openapi: Readonly<Record<string, unknown>> | null;
  /** From the request's leaving on, until its answer begins. */
  readonly timeoutSeconds: number;
  /** What becomes of an answer whose type no masker reads, where rules would mask something. */
  readonly unreadable: "pass" | "scan" | "refuse";
};

/** A configured thing that one can reach, without its credential. */
export type Resource = PostgresResource | HttpResource;

/** The Worker's secrets that are the gateway's own: no policy sends one of them to a target. */
export const GATE_SECRETS: ReadonlySet<string> = new Set([
  "OIDC_CLIENT_SECRET",
  "SEALING_KEYS",
  "SIGNING_KEYS",
]);

/** A grant of the policy that one has to ask for, until an instant. */
export type Granted = { readonly grant: string; readonly endsAt: UnixMs };

/**
 * Everything that a live session needs at open. What changes later arrives as inputs. Plain data:
 * it crosses RPC.
 */
export type SessionSpec = {
  readonly id: string;
  readonly principal: Principal;
  readonly onBehalfOf: string | null;
  readonly resource: Resource;
  /** Secrets of the resource by name, still sealed: opened where they are used, and forgotten. */
  readonly sealed: Readonly<Record<string, string>>;
  /**
   * The policy document as applied, and its version: the object compiles it for principal and
   * resource.
   */
  readonly policy: { readonly version: string; readonly source: string };
  /**
   * Set for the gateway's own sessions: the only texts that may run. Then `policy.source` is not
   * consulted.
   */
  readonly literalTexts: readonly string[] | null;
  readonly recording: RecordingLevel;
  readonly openedAt: UnixMs;
  /** The instant at which the grant ends, whenever the session began. */
  readonly endsAt: UnixMs | null;
  /** The same of the API token that opened it; absent: none did. */
  readonly tokenEndsAt?: UnixMs | null;
  /** What was asked for and approved, just in time. */
  readonly granted: readonly Granted[];
  readonly reason: string | null;
  readonly ticket: string | null;
  /** Where people look at reviews: PUBLIC_URL. */
  readonly publicUrl: string;
};

/** A session of a stream protocol: bytes between a client and one connection to the target. */
export type StreamSpec = SessionSpec & { readonly resource: PostgresResource };
/** A session of requests and responses. */
export type ExchangeSpec = SessionSpec & { readonly resource: HttpResource };

export const isStream = (spec: SessionSpec): spec is StreamSpec =>
  spec.resource.type === "postgres";
export const isExchanges = (spec: SessionSpec): spec is ExchangeSpec =>
  spec.resource.type === "http";
