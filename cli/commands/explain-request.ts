import { strictText } from "../../core/bytes.ts";
import { explainDecision } from "../../core/policy/explain.ts";
import { type RequestGiven, requestSchema, typeIn } from "../../core/policy/request-case.ts";
import { type RehearsedRequest, sentOf } from "../../core/rehearsal/request.ts";
import type { Stage } from "../../core/rehearsal/stage.ts";
import type { HttpResource } from "../../core/session.ts";
import { type Context, list } from "../context.ts";
import { usage } from "../failure.ts";
import { visible, visibleLines } from "../output/visible.ts";
import { rehearseRequest } from "../rehearsal.ts";

export type RequestOptions = {
  readonly header: readonly string[];
  /** A text; JSON unless a header says otherwise. */
  readonly body?: string | undefined;
};

/** `line`: method and target, `POST /payments?dry=1`. */
export function explainRequest(
  context: Context,
  stage: Omit<Stage, "catalog" | "resource">,
  resource: HttpResource,
  line: string,
  options: RequestOptions,
): void {
  const given = requestOf(line, options);
  const rehearsed = rehearseRequest(stage, resource, sentOf(given));
  const told = toldOf(rehearsed, stage);
  const { why, maskedIn, sends } = told;
  list(context, [{ id: resource.name, ...told }], () =>
    [
      `${visible(why)}\n`,
      maskedIn.length === 0 ? "" : `  Masked on its way in by ${visible(maskedIn.join(", "))}:\n`,
      maskedIn.length === 0 || sends === null ? "" : `${visibleLines(sends)}\n`,
    ].join(""),
  );
}

function requestOf(line: string, { header, body }: RequestOptions): RequestGiven {
  const [method = "", path = "", ...more] = line.trim().split(/\s+/);
  if (more.length > 0) throw usage(`Of a request, METHOD and PATH: "POST /payments".`);
  const headers: Record<string, string> = {};
  for (const [name, value] of header.map(headerOf)) {
    // Lines of one name are one header (RFC 9110 section 5.3).
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  const isJson = body !== undefined && typeIn(headers) === undefined;
  const read = requestSchema.safeParse({
    method,
    path,
    headers: { ...headers, ...(isJson && { "content-type": "application/json" }) },
    ...(body !== undefined && { body }),
  });
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw usage(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`);
}

function headerOf(line: string): readonly [name: string, value: string] {
  const [, name, value] = /^([^:\s]+):\s*(.*)$/s.exec(line) ?? [];
  if (name === undefined || value === undefined) throw usage(`A header is "NAME: VALUE".`);
  return [name, value];
}

function toldOf(rehearsed: RehearsedRequest, { document }: Pick<Stage, "document">) {
  if ("refuse" in rehearsed) {
    const why = `This is refused before any rule is asked: ${rehearsed.refuse}`;
    return {
      why,
      verdict: "refuse",
      operations: [],
      risks: [],
      operation: null,
      maskedIn: [],
      sends: null,
    };
  }
  const { command, decision, outgoing, masked } = rehearsed;
  const { operations, risks, http } = command;
  const { method, path, search, body } = outgoing;
  const text = body === null ? null : strictText(body);
  return {
    why: explainDecision(command, decision, document),
    verdict: decision.verdict,
    operations,
    risks,
    /** By the service's OpenAPI document. */
    operation: http?.operation ?? "",
    maskedIn: masked,
    sends: [`${method} ${path}${search}`, ...(text === null || text === "" ? [] : [text])].join(
      "\n",
    ),
  };
}
