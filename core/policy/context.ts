import { accessOf, type Command, type HttpFacts, type Parameter } from "../command.ts";
import { hex, strictText } from "../bytes.ts";
import type { UnixMs } from "../decision.ts";
import type { Principal, Resource } from "../session.ts";
import { type CelInput, type Fields, fields } from "./condition.ts";

/**
 * What a condition sees, and the CEL type of each part. The checker and docs/policy.md are both
 * made from this table. A value in `parameters` is null for NULL, else text; bytes that are no
 * text are `\x…` in hex.
 */
export const CONTEXT = {
  principal: { name: "string", groups: "list<string>", kind: "string" },
  resource: { name: "string", type: "string", labels: "map<string, string>" },
  command: {
    text: "string",
    operations: "list<string>",
    objects: "list<string>",
    columns: "list<string>",
    functions: "list<string>",
    access: "list<string>",
    unbounded: "bool",
    questions: "int",
    parameters: "list<dyn>",
  },
  /** Of a request; empty for all else. */
  http: {
    method: "string",
    path: "string",
    query: "map<string, dyn>",
    headers: "map<string, string>",
    body: "dyn",
    websocket: "bool",
    operation: "string",
    conforms: "bool",
  },
  session: { id: "string", reason: "string", ticket: "string" },
  now: { hour: "int", weekday: "int" },
} as const;

export type SessionFacts = {
  readonly id: string;
  readonly reason: string | null;
  readonly ticket: string | null;
};

/** The parts that do not change from command to command. */
export function sessionContext(principal: Principal, resource: Resource, session: SessionFacts) {
  return {
    principal: fields({
      name: principal.name,
      groups: [...principal.groups],
      kind: principal.kind,
    }),
    resource: fields({
      name: resource.name,
      type: resource.type,
      labels: fields(resource.labels),
    }),
    session: fields({
      id: session.id,
      reason: session.reason ?? "",
      ticket: session.ticket ?? "",
    }),
  };
}

export function commandContext(command: Command): Fields {
  return fields({
    text: command.text,
    operations: [...command.operations],
    objects: [...command.objects],
    columns: [...command.columns],
    functions: [...command.functions],
    access: [...accessOf(command.operations)],
    unbounded: command.unbounded,
    questions: BigInt(command.questions),
    parameters: command.parameters.map(shownParameter),
  });
}

const NO_HTTP: HttpFacts = {
  method: "",
  path: "",
  query: {},
  headers: {},
  body: null,
  bodyIs: "none",
  operation: "",
  conforms: false,
  repeated: [],
};

/** Numbers without a fraction are CEL's `int` where they fit, as a person writes them in a rule. */
export function httpContext({ http = NO_HTTP }: Command): HttpFields {
  const { bodyIs, repeated: _, otherwise: __, body, ...facts } = { websocket: false, ...http };
  const parts = Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, celOf(value)]),
  );
  const whole = fields({ ...parts, body: celOf(body) });
  return { whole, byField: bodyIs === "other" ? fields(parts) : whole };
}

/**
 * `byField`: for conditions that take a field of the body. Where it is no document with fields,
 * there is no `body`, so that `has(http.body.amount)` is an error, and not false.
 */
export type HttpFields = { readonly whole: Fields; readonly byField: Fields };

function celOf(value: unknown): CelInput {
  if (typeof value === "number") return Number.isSafeInteger(value) ? BigInt(value) : value;
  if (Array.isArray(value)) return value.map(celOf);
  if (typeof value !== "object" || value === null) return value as CelInput;
  return fields(
    Object.fromEntries(Object.entries(value).map(([name, part]) => [name, celOf(part)])),
  );
}

/**
 * What few commands differ in. The access is in it too, for it follows from the operations. All
 * else that changes from command to command is not.
 */
export const commandKind = ({ operations, unbounded }: Command): string =>
  `${operations.join()} ${unbounded}`;

const KIND = new Set(["command.operations", "command.access", "command.unbounded"]);
const FIXED = new Set(["principal", "resource", "session"]);

/** A condition with these names says the same of all commands of one kind in a session. */
export const restsOnKind = (names: ReadonlySet<string>): boolean =>
  [...names].every((name) => {
    const [root = ""] = name.split(".");
    return !(root in CONTEXT) || FIXED.has(root) || KIND.has(name);
  });

function shownParameter({ value }: Parameter): string | null {
  if (value === null) return null;
  const asText = strictText(value);
  return asText === null || value.includes(0) ? `\\x${hex(value)}` : asText;
}

export type Clock = (now: UnixMs) => { readonly hour: bigint; readonly weekday: bigint };

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/** Hour 0 to 23, weekday 0 (Sunday) to 6, in UTC or in an IANA time zone. */
export function clockIn(zone: string | undefined): Clock {
  if (zone === undefined) {
    return (now) => {
      const at = new Date(now);
      return { hour: BigInt(at.getUTCHours()), weekday: BigInt(at.getUTCDay()) };
    };
  }
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    hour: "numeric",
    hourCycle: "h23",
    weekday: "short",
  });
  return (now) => {
    const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]));
    return {
      hour: BigInt(parts.get("hour") ?? "0"),
      weekday: BigInt(DAYS.indexOf(parts.get("weekday") ?? "Sun")),
    };
  };
}
