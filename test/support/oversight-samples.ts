import type { AuditEventView } from "../../core/api/audit.ts";
import { toInstant } from "../../core/api/common.ts";
import type { CountsView, OverviewView } from "../../core/api/overview.ts";
import type { PersonView, SignInView, StandingView } from "../../core/api/person.ts";
import type { Checked, TargetView } from "../../core/api/target.ts";
import { idOf } from "./dashboard-samples.ts";

/** What auditors and admins may be shown, made up. */

const hourMs = 3_600_000;
const ago = (minutes: number): string => toInstant(Date.now() - minutes * 60_000);

export const TARGETS: readonly TargetView[] = [
  {
    id: idOf("res", 1),
    name: "shop-db",
    type: "postgres",
    host: "db.shop.example",
    port: 5432,
    database: "shop",
    user: "sluice",
    tls: "verify-full",
    network: "public",
    labels: { env: "prod", team: "shop" },
    url: null,
    secrets: [
      {
        in: "secret",
        name: "shop-db-password",
        stored: { name: "shop-db-password", author: "Max", updatedAt: ago(60 * 50) },
      },
    ],
    live: 3,
    health: { reachedAt: ago(2), dialMs: 4, loginMs: 21, failedAt: null, failure: null },
    grants: [
      { id: "engineers", groups: ["engineers"], access: ["read"], hours: 8, reviewers: null },
      {
        id: "on-call",
        groups: ["engineers"],
        access: ["write", "admin"],
        hours: 1,
        reviewers: ["leads"],
      },
    ],
    guardrails: [
      {
        id: "no-drop",
        when: 'command.operations.exists(o, o == "drop" || o == "truncate")',
        verdict: "block",
        groups: null,
        except: [],
      },
    ],
    masking: [
      {
        id: "pii",
        columns: ["*.ssn", "customers.email"],
        fields: [],
        finds: ["iban"],
        technique: "partial, keeps the last 4",
        except: ["fraud"],
      },
    ],
  },
  {
    id: idOf("res", 2),
    name: "warehouse-of-last-year",
    type: "postgres",
    host: "10.0.0.5",
    port: 6432,
    database: "warehouse",
    user: "sluice",
    tls: "disable",
    network: "private",
    labels: {},
    url: null,
    secrets: [{ in: "secret", name: "warehouse-password", stored: null }],
    live: 0,
    health: {
      reachedAt: ago(60 * 30),
      dialMs: 3,
      loginMs: 12,
      failedAt: ago(1),
      failure: "10.0.0.5:6432 refused the connection or cannot be reached.",
    },
    grants: [],
    guardrails: [],
    masking: [],
  },
];

export const CHECKED: Checked = {
  reached: true,
  at: ago(0),
  dialMs: 5,
  loginMs: 19,
  why: null,
};

const aPerson = (id: string, name: string, more: Partial<PersonView> = {}): PersonView => ({
  id,
  name,
  kind: "person",
  groups: ["engineers"],
  groupsReadAt: ago(4),
  firstSeenAt: ago(60 * 24 * 90),
  roles: [],
  live: 0,
  ...more,
});

export const PEOPLE: readonly PersonView[] = [
  aPerson("https://id.example/ada?x", "Ada", { live: 2 }),
  aPerson("service:deploy", "deploy-bot", { kind: "service", groups: ["bots"] }),
  aPerson("sub-rui", "Rui", { groups: ["leads", "admins"], roles: ["reviewer", "admin"] }),
];

const RULES = { guardrails: TARGETS[0]?.guardrails ?? [] };

const STANDINGS: readonly StandingView[] = [
  {
    resource: "shop-db",
    state: "open",
    access: ["read", "write"],
    grants: ["engineers", "on-call"],
    why: "Ada may open shop-db (read, write) by the grant engineers and on-call.",
    endsAt: ago(-50),
    given: [{ grant: "on-call", endsAt: ago(-50) }],
    masking: [
      {
        id: "pii",
        columns: ["*.ssn"],
        fields: [],
        finds: [],
        technique: "redact",
        except: [],
        applies: true,
      },
      {
        id: "pay",
        columns: ["employees.salary"],
        fields: ["card_number"],
        finds: [],
        technique: "null",
        except: ["engineers"],
        applies: false,
      },
    ],
    ...RULES,
  },
  {
    resource: "pay-db",
    state: "closed",
    access: [],
    grants: [],
    why: "No grant lets Ada open pay-db.",
    endsAt: null,
    given: [],
    masking: [],
    guardrails: [],
  },
];

export const personOf = (id: string) => {
  const found = PEOPLE.find((person) => person.id === id);
  if (found === undefined) return null;
  const why = found.roles.map((role) => ({ role, groups: ["leads"] }));
  return { ...found, why, standings: STANDINGS };
};

const aSignIn = (number: number, more: Partial<SignInView> = {}): SignInView => ({
  id: idOf("tok", number),
  way: "browser",
  startedAt: ago(60 * number),
  usedAt: ago(3 * number),
  endsAt: ago(-60 * 24 * 7),
  endedAt: null,
  endReason: null,
  current: false,
  live: 0,
  ...more,
});

export const SIGN_INS: readonly SignInView[] = [
  aSignIn(1, { current: true }),
  aSignIn(2, { way: "device", live: 2 }),
  aSignIn(3, { endedAt: ago(100), endReason: "issuer-refused" }),
  aSignIn(4, { endedAt: ago(90), endReason: "sign-in-revoked" }),
];

const ada = { id: "https://id.example/ada?x", name: "Ada" };
const rui = { id: "sub-rui", name: "Rui" };

const anEvent = (
  number: number,
  action: string,
  subject: string,
  more: Partial<AuditEventView> = {},
): AuditEventView => ({
  id: idOf("aud", number),
  at: ago(number),
  actor: rui,
  action,
  subject,
  outcome: "done",
  detail: {},
  ...more,
});

export const EVENTS: readonly AuditEventView[] = [
  anEvent(1, "recording.read", idOf("ses", 1), { detail: { from: 0 } }),
  anEvent(2, "recording.unseal", idOf("ses", 1), { detail: { from: 0, reason: "SHOP-\u202e214" } }),
  anEvent(3, "review.approve", idOf("rev", 1), { detail: { session: idOf("ses", 1) } }),
  anEvent(4, "api.denied", "GET /api/policy", {
    actor: ada,
    outcome: "denied",
    detail: { code: "forbidden" },
  }),
  anEvent(5, "policy.apply", idOf("pol", 2), { detail: { before: idOf("pol", 1) } }),
  anEvent(6, "secret.put", "shop-db-password"),
  anEvent(7, "sign-in.revoke", idOf("tok", 2), { detail: { principal: ada.id, name: ada.name } }),
  anEvent(8, "sign-in.ended", idOf("tok", 2), { actor: null, detail: { why: "revoked" } }),
  anEvent(9, "something.newer", "than this page"),
];

const NOTHING: CountsView = { sessions: 0, commands: 0, blocked: 0, held: 0, masked: 0 };
const BUSY: CountsView = { sessions: 14, commands: 1_204, blocked: 3, held: 2, masked: 56_011 };

/** The hours of the day that was asked for; the work began at eight. */
export function overviewOf(from: string, to: string): OverviewView {
  const begin = Date.parse(from);
  const count = Math.round((Date.parse(to) - begin) / hourMs);
  const hours = Array.from({ length: count }, (_, hour) => ({
    at: toInstant(begin + hour * hourMs),
    ...(hour < 8 || hour > 17 ? NOTHING : { ...BUSY, commands: 40 + ((hour * 37) % 90) }),
  }));
  return {
    from,
    to,
    total: BUSY,
    hours,
    resources: [
      { resource: "shop-db", ...BUSY },
      { resource: "warehouse-of-last-year", ...NOTHING },
    ],
    live: 3,
    slowest: [
      {
        id: idOf("rev", 3),
        resource: "shop-db",
        principal: "Ada",
        verdict: "approved",
        askedAt: ago(90),
        settledAt: ago(77),
      },
    ],
  };
}

/** Null: a path that is none of these. */
export function answerTo(line: string, url: URL): { readonly json: unknown } | null {
  const [, , what, id = "", part] = url.pathname.split("/");
  const query = (name: string) => url.searchParams.get(name) ?? "";
  if (line.endsWith("/check")) return { json: CHECKED };
  switch (what) {
    case "targets":
      return { json: { items: TARGETS } };
    case "secrets":
      return { json: { name: id, author: "Rui", updatedAt: ago(0) } };
    case "overview":
      return { json: overviewOf(query("from"), query("to")) };
    case "audit":
      return { json: { items: EVENTS.filter((e) => fits(e, query("action"))), next: null } };
    case "people":
      return peopleAt(decodeURIComponent(id), part, url.pathname);
    default:
      return null;
  }
}

const fits = ({ action }: AuditEventView, wanted: string): boolean =>
  wanted === "" || action === wanted;

function peopleAt(id: string, part: string | undefined, path: string) {
  if (id === "") return { json: { items: PEOPLE, next: null } };
  const person = personOf(id);
  if (person === null) return null;
  if (part === undefined) return { json: person };
  if (!path.endsWith("/revoke")) return { json: { items: SIGN_INS, next: null } };
  return { json: aSignIn(2, { endedAt: ago(0), endReason: "sign-in-revoked" }) };
}
