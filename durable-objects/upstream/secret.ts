import { GATE_SECRETS, type SecretRule } from "../../core/session.ts";
import { open } from "../../store/seal.ts";
import { secretPurpose } from "../../store/secrets.ts";
import { Unreachable } from "./reach.ts";

/** Whose other properties are the Worker's own secrets, by name. */
export type SecretEnv = { readonly SEALING_KEYS: string };

/**
 * A target's secret, opened for the one use that follows. Throws Unreachable where there is none of
 * that name, and for the gateway's own; a SealError where its key is gone.
 */
export async function openSecret(
  env: SecretEnv,
  rule: SecretRule,
  sealed: Readonly<Record<string, string>>,
): Promise<string> {
  if ("secret" in rule) {
    const kept = Object.hasOwn(sealed, rule.secret) ? sealed[rule.secret] : undefined;
    if (kept !== undefined) return open(env, secretPurpose(rule.secret), kept);
    throw new Unreachable(`The secret ${rule.secret} has not been set yet.`);
  }
  const value = (env as Readonly<Record<string, unknown>>)[rule.env];
  if (typeof value !== "string" || GATE_SECRETS.has(rule.env)) {
    throw new Unreachable(`The gateway has no secret named ${rule.env} for targets.`);
  }
  return value;
}
