import { type Problem, problem } from "../core/api/problem.ts";
import type { ConfigError } from "../core/errors.ts";

/** CONTRACTS §10. `psql` and `connect -- CMD` give the command's own code instead. */
export const EXIT = { done: 0, refused: 1, usage: 2, notSignedIn: 3, unreachable: 4 } as const;
export type Exit = (typeof EXIT)[keyof typeof EXIT];

/** Why the command ends: what people read, what scripts parse, and the exit code. */
export class Failure extends Error {
  readonly exit: Exit;
  readonly problem: Problem;

  constructor(exit: Exit, what: Problem) {
    super(what.detail);
    this.exit = exit;
    this.problem = what;
  }
}

/** A failure found on this side of the network. `status` 0: no HTTP answer is behind it. */
function local(exit: Exit, code: string, title: string, detail: string): Failure {
  return new Failure(exit, { type: `urn:sluice:problem:${code}`, title, status: 0, code, detail });
}

export const usage = (detail: string): Failure => local(EXIT.usage, "usage", "Wrong usage", detail);

export const refused = (code: string, detail: string): Failure =>
  local(EXIT.refused, code, "Refused", detail);

export const notSignedIn = (detail: string): Failure =>
  local(EXIT.notSignedIn, "unauthenticated", "Not signed in", detail);

export const unreachable = (url: string, why: string): Failure =>
  local(EXIT.unreachable, "unreachable", "Cannot reach the gateway", `${url}: ${why}`);

/** Every error of a policy document that was read on this machine, with its place. */
export const invalidPolicy = (
  file: string,
  errors: readonly ConfigError[],
  exit: Exit = EXIT.refused,
): Failure => invalid(exit, "invalid_policy", `${file} is not a policy document.`, errors);

/** The same of a file of cases. */
export const invalidCases = (file: string, errors: readonly ConfigError[]): Failure =>
  invalid(EXIT.usage, "invalid_cases", `${file} is not a file of cases.`, errors);

function invalid(exit: Exit, code: string, detail: string, errors: readonly ConfigError[]) {
  const found = errors.map(({ code: kind, message, at }) => ({
    code: kind,
    message,
    line: at?.line ?? null,
    column: at?.column ?? null,
  }));
  return new Failure(exit, { ...refused(code, detail).problem, errors: found });
}

/**
 * What an answer other than 2xx says. A body that is no problem+json (a proxy's page) is not
 * shown.
 */
export function answered(status: number, body: string): Failure {
  const exit = exitOf(status);
  const parsed = problem.safeParse(jsonOrNull(body));
  if (parsed.success) return new Failure(exit, parsed.data);
  const detail = `The gateway answered with status ${status}.`;
  return new Failure(exit, {
    type: "about:blank",
    title: `Status ${status}`,
    status,
    code: "unknown_answer",
    detail,
  });
}

function exitOf(status: number): Exit {
  if (status === 401) return EXIT.notSignedIn;
  return status >= 500 ? EXIT.unreachable : EXIT.refused;
}

export function jsonOrNull(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return null;
  }
}

/** What the system says of a failed connection: `ECONNREFUSED` and the like hide in `cause`. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause instanceof Error ? error.cause : error;
  const first = cause instanceof AggregateError ? (cause.errors[0] as Error) : cause;
  return first.message === "" ? first.name : first.message;
}
