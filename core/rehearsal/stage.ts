import { utf8 } from "../bytes.ts";
import type { Catalog } from "../catalog.ts";
import type { Crypto } from "../crypto.ts";
import type { UnixMs } from "../decision.ts";
import { type CompiledPolicy, compilePolicy } from "../policy/compile.ts";
import type { SessionFacts } from "../policy/context.ts";
import type { Document, ResourceRule } from "../policy/schema.ts";
import type { Granted, Principal, Resource } from "../session.ts";

/** Somebody on a resource under a policy, before anything has been sent. */
export type Stage = {
  readonly document: Document;
  readonly principal: Principal;
  readonly resource: ResourceRule;
  readonly session: SessionFacts & {
    readonly openedAt: UnixMs;
    readonly granted?: readonly Granted[];
  };
  /** Null: names are not known. */
  readonly catalog: Catalog | null;
};

/** Its keys are nobody's: `hash` and `tokenise` make other texts of a value than the gateway's. */
export const policyOn = (
  { document, principal, session }: Omit<Stage, "catalog" | "resource">,
  resource: Resource,
  crypto: Crypto,
): CompiledPolicy =>
  compilePolicy({
    policy: document,
    version: "local",
    principal,
    resource,
    session,
    keys: { mask: (purpose) => crypto.sha256(utf8(purpose)) },
    crypto,
  });
