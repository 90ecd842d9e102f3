import { type Problem, type ProblemCode, PROBLEMS } from "../core/api/problem.ts";

type More = Pick<Problem, "errors" | "versions" | "scope">;

/** Thrown by routes; the app turns it into RFC 9457. `detail` is for people and holds no secret. */
export class Refused extends Error {
  readonly code: ProblemCode;
  readonly more: More;
  constructor(code: ProblemCode, detail: string, more: More = {}) {
    super(detail);
    this.code = code;
    this.more = more;
  }
}

/** It is not there, or it is not for the caller, who is not told which. The trail is. */
export class Hidden extends Refused {
  constructor(detail: string) {
    super("unknown", detail);
  }
}

/** RFC 9457; a 401 names its scheme (RFC 6750 section 3), a 426 what to upgrade to (RFC 9110). */
export function problemResponse(code: ProblemCode, detail: string, more: More = {}): Response {
  const status = PROBLEMS[code];
  const title = code.replaceAll("_", " ");
  const body: Problem = {
    type: `urn:sluice:problem:${code}`,
    title,
    status,
    code,
    detail,
    ...more,
  };
  const headers = new Headers({ "content-type": "application/problem+json" });
  if (status === 401)
    headers.set("www-authenticate", `Bearer realm="sluice", error="invalid_token"`);
  if (code === "insufficient_scope") {
    const scope = more.scope === undefined ? "" : `, scope="${more.scope}"`;
    headers.set("www-authenticate", `Bearer realm="sluice", error="insufficient_scope"${scope}`);
  }
  if (status === 426) headers.set("upgrade", "websocket");
  return new Response(JSON.stringify(body), { status, headers });
}
