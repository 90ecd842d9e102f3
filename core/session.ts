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

/** A configured thing that one can reach, without its credential. */
export type Resource = {
  readonly id: string;
  readonly name: string;
  readonly type: "postgres";
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly tls: "disable" | "verify-full";
  readonly network: "public" | "private";
  readonly labels: Readonly<Record<string, string>>;
};

/** Where the credential lies. It is opened at dial, used for login, and forgotten. */
export type CredentialRef =
  | { readonly sealed: string; readonly name: string }
  | { readonly env: string }
  | null;

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
  readonly credential: CredentialRef;
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
  /** What was asked for and approved, just in time. */
  readonly granted: readonly Granted[];
  readonly reason: string | null;
  readonly ticket: string | null;
  /** Where people look at reviews: PUBLIC_URL. */
  readonly publicUrl: string;
};
