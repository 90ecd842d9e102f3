import { type CredentialRef, GATE_SECRETS } from "../../core/session.ts";
import { open } from "../../store/seal.ts";
import { secretPurpose } from "../../store/secrets.ts";
import { Unreachable } from "./reach.ts";

/** Whose other properties are the Worker's own secrets, by name. */
export type SecretEnv = { readonly SEALING_KEYS: string };

/**
 * A target's secret, opened for the one use that follows. Throws Unreachable where the Worker has
 * none of that name, and for the gateway's own; a SealError where its key is gone.
 */
export async function openSecret(env: SecretEnv, ref: NonNullable<CredentialRef>): Promise<string> {
  if ("sealed" in ref) return open(env, secretPurpose(ref.name), ref.sealed);
  const value = (env as Readonly<Record<string, unknown>>)[ref.env];
  if (typeof value !== "string" || GATE_SECRETS.has(ref.env)) {
    throw new Unreachable(`The gateway has no secret named ${ref.env} for targets.`);
  }
  return value;
}
