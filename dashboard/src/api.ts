import type { Problem, ProblemCode } from "../../core/api/problem.ts";
import type { RouteName, ROUTES } from "../../core/api/routes.ts";
import type { z } from "../../core/zod.ts";

type Routes = typeof ROUTES;
export type Answer<N extends RouteName> = z.infer<Routes[N]["answer"]>;

/** Only types come from the table of routes: its schemas would weigh as much as React. */
const CALLS = {
  me: ["GET", "/api/me"],
  resources: ["GET", "/api/resources"],
  request: ["POST", "/api/resources/:name/requests"],
  withdraw: ["POST", "/api/reviews/:id/withdraw"],
  reviews: ["GET", "/api/reviews"],
  review: ["GET", "/api/reviews/:id"],
  approve: ["POST", "/api/reviews/:id/approve"],
  reject: ["POST", "/api/reviews/:id/reject"],
  sessions: ["GET", "/api/sessions"],
  session: ["GET", "/api/sessions/:id"],
  records: ["GET", "/api/sessions/:id/records"],
  manifest: ["GET", "/api/sessions/:id/recording"],
  exact: ["POST", "/api/sessions/:id/exact"],
  kill: ["POST", "/api/sessions/:id/kill"],
  keys: ["GET", "/.well-known/sluice-keys"],
  policy: ["GET", "/api/policy"],
  apply: ["PUT", "/api/policy"],
  policyVersions: ["GET", "/api/policy/versions"],
  policyAt: ["GET", "/api/policy/versions/:version"],
  policySchema: ["GET", "/api/policy/schema"],
  check: ["POST", "/api/policy/check"],
  test: ["POST", "/api/policy/test"],
  rehearsal: ["POST", "/api/policy/rehearsal"],
  targets: ["GET", "/api/targets"],
  probe: ["POST", "/api/resources/:name/check"],
  putSecret: ["PUT", "/api/secrets/:name"],
  overview: ["GET", "/api/overview"],
  people: ["GET", "/api/people"],
  person: ["GET", "/api/people/:id"],
  signIns: ["GET", "/api/people/:id/sign-ins"],
  revokeSignIn: ["POST", "/api/people/:id/sign-ins/:signIn/revoke"],
  audit: ["GET", "/api/audit"],
  tokens: ["GET", "/api/tokens"],
  makeToken: ["POST", "/api/tokens"],
  revokeToken: ["POST", "/api/tokens/:id/revoke"],
  openapi: ["GET", "/api/openapi.json"],
} as const satisfies {
  readonly [N in RouteName]?: readonly [Routes[N]["method"], Routes[N]["path"]];
};

type Asked = {
  /** Stands for the path's first parameter. */
  readonly id?: string;
  readonly signIn?: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: object;
  /** A policy's text, and the ETag of the one that it shall follow. */
  readonly yaml?: { readonly text: string; readonly follows: string | null };
  readonly signal?: AbortSignal;
};

/** What went wrong. `code` is the gateway's own; `unreachable`: no answer, or none that we know. */
export class Failure extends Error {
  readonly code: ProblemCode | "unreachable";
  constructor(code: ProblemCode | "unreachable", message: string) {
    super(message);
    this.code = code;
  }
}

const RENEWABLE = new Set<string>(["token_expired", "stale_groups"]);

/** Calls the gateway; what a renewed sign-in can mend is mended and asked once more. */
export async function call<N extends keyof typeof CALLS>(
  name: N,
  asked: Asked = {},
): Promise<Answer<N>> {
  return (await (await persist(() => request(name, asked))).json()) as Answer<N>;
}

/** A chunk of a recording, as it lies in the store. Null: the store has no such chunk. */
export async function chunkOf(id: string, first: number): Promise<Uint8Array | null> {
  const path = `/api/sessions/${encodeURIComponent(id)}/recording/${first}`;
  try {
    return new Uint8Array(await (await persist(() => reach(path, {}))).arrayBuffer());
  } catch (error) {
    if (error instanceof Failure && error.code === "unknown") return null;
    throw error;
  }
}

async function persist(ask: () => Promise<Response>): Promise<Response> {
  const first = await ask();
  if (first.ok) return first;
  const failure = await failureOf(first);
  if (!RENEWABLE.has(failure.code) || !(await renew())) throw failure;
  const second = await ask();
  if (second.ok) return second;
  throw await failureOf(second);
}

function request(name: keyof typeof CALLS, asked: Asked): Promise<Response> {
  const [method, pattern] = CALLS[name];
  const path = pattern
    .replace(/:(id|name|version)/, () => encodeURIComponent(asked.id ?? ""))
    .replace(":signIn", () => encodeURIComponent(asked.signIn ?? ""));
  const query = new URLSearchParams(
    Object.entries(asked.query ?? {}).flatMap(([key, value]) =>
      value === undefined || value === "" ? [] : [[key, String(value)]],
    ),
  );
  const { signal } = asked;
  const { type, body, follows } = bodyOf(asked);
  return reach(query.size === 0 ? path : `${path}?${query}`, {
    method,
    headers: {
      accept: "application/json",
      ...(type && { "content-type": type }),
      ...(follows && { "if-match": follows }),
    },
    ...(body !== undefined && { body }),
    ...(signal && { signal }),
  });
}

type Body = { readonly type?: string; readonly body?: string; readonly follows?: string | null };

function bodyOf({ json, yaml }: Asked): Body {
  if (yaml) return { type: "application/yaml", body: yaml.text, follows: yaml.follows };
  return json ? { type: "application/json", body: JSON.stringify(json) } : {};
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Failure("unreachable", "The gateway cannot be reached.");
  }
}

async function failureOf(response: Response): Promise<Failure> {
  const problem = (await response.json().catch(() => null)) as Problem | null;
  if (typeof problem?.code === "string") {
    return new Failure(problem.code as ProblemCode, problem.detail);
  }
  return new Failure("unreachable", `The gateway answered ${response.status} without a reason.`);
}

/** A browser's WebSocket does not say why it was refused; the same address says it to a call. */
export async function whyNoConsole(resource: string): Promise<string> {
  try {
    const { code, message } = await failureOf(
      await reach(`/api/console/${encodeURIComponent(resource)}`, { method: "GET" }),
    );
    const isMended = RENEWABLE.has(code) && (await renew());
    const mayTryAgain = isMended || code === "upgrade_required";
    return mayTryAgain ? "The console could not be opened. Try again." : message;
  } catch {
    return "The gateway cannot be reached.";
  }
}

const renewedKey = "sluice.renewedAt";

/** Renews the cookie, one tab at a time. False: whoever it was has to sign in again. */
export function renew(): Promise<boolean> {
  const asked = Date.now();
  return navigator.locks.request("sluice.renew", async () => {
    // Another tab did it while this one waited.
    if (Number(localStorage.getItem(renewedKey)) > asked) return true;
    const { ok, status } = await reach("/auth/refresh", { method: "POST" });
    if (ok) localStorage.setItem(renewedKey, String(Date.now()));
    if (ok || status === 401) return ok;
    throw new Failure("unreachable", "The sign-in could not be renewed. Try again.");
  });
}

export const signOut = (): Promise<Response> => reach("/auth/logout", { method: "POST" });

/** The same, where the issuer asks who it is again, and by `acr` where a rule names one. */
export const signInAgainHref = (path: string, acr: string | null): string =>
  `${signInHref(path)}&fresh=1${acr === null ? "" : `&acr=${encodeURIComponent(acr)}`}`;

/** Where the sign-in begins, to come back to `path`. */
export const signInHref = (path: string): string => `/auth/login?to=${encodeURIComponent(path)}`;
