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
  kill: ["POST", "/api/sessions/:id/kill"],
} as const satisfies {
  readonly [N in RouteName]?: readonly [Routes[N]["method"], Routes[N]["path"]];
};

type Asked = {
  /** Stands for the path's one parameter. */
  readonly id?: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly json?: object;
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
  const first = await request(name, asked);
  if (first.ok) return answerOf<N>(first);
  const failure = await failureOf(first);
  if (!RENEWABLE.has(failure.code) || !(await renew())) throw failure;
  const second = await request(name, asked);
  if (second.ok) return answerOf<N>(second);
  throw await failureOf(second);
}

function request(name: keyof typeof CALLS, asked: Asked): Promise<Response> {
  const [method, pattern] = CALLS[name];
  const path = pattern.replace(/:(id|name)/, encodeURIComponent(asked.id ?? ""));
  const query = new URLSearchParams(
    Object.entries(asked.query ?? {}).flatMap(([key, value]) =>
      value === undefined || value === "" ? [] : [[key, String(value)]],
    ),
  );
  const { json, signal } = asked;
  return reach(query.size === 0 ? path : `${path}?${query}`, {
    method,
    headers: { accept: "application/json", ...(json && { "content-type": "application/json" }) },
    ...(json && { body: JSON.stringify(json) }),
    ...(signal && { signal }),
  });
}

async function reach(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { ...init, credentials: "same-origin", cache: "no-store" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new Failure("unreachable", "The gateway cannot be reached.");
  }
}

async function answerOf<N extends RouteName>(response: Response): Promise<Answer<N>> {
  return (await response.json()) as Answer<N>;
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

/** Where the sign-in begins, to come back to `path`. */
export const signInHref = (path: string): string => `/auth/login?to=${encodeURIComponent(path)}`;
