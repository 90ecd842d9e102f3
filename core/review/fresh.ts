import type { SignInRule, UnixMs } from "../decision.ts";

/** What the issuer said of a sign-in; null where it said nothing. A renewal changes neither. */
export type Authentication = {
  /** When it last asked who the person is (OpenID Connect Core 1.0, `auth_time`). */
  readonly authenticatedAt: UnixMs | null;
  /** How (`acr`): a word that issuer and deployment agree on. */
  readonly acr: string | null;
};

const MINUTE_MS = 60_000;

/** Why that sign-in is not enough for the rule, for the person herself; null: it is. */
export function staleSignIn(
  { minutes, acr }: SignInRule,
  was: Authentication,
  now: UnixMs,
): string | null {
  const { authenticatedAt } = was;
  if (authenticatedAt === null || now - authenticatedAt > minutes * MINUTE_MS) {
    const time = minutes === 1 ? "minute" : `${minutes} minutes`;
    return `The rule asks that you have signed in within the last ${time}: sign in again.`;
  }
  if (acr === null || was.acr === acr) return null;
  const yours =
    was.acr === null ? "nothing says how you signed in" : `yours was by ${was.acr.slice(0, 200)}`;
  return `The rule asks for a sign-in by ${acr}, and ${yours}: sign in again.`;
}
