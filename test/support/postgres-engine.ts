import type { Catalog, Relation } from "../../core/catalog.ts";
import type { Engine } from "../../core/engine.ts";
import { createMasker } from "../../core/masking/masker.ts";
import type { Masker } from "../../core/masker.ts";
import type { MaskingRule } from "../../core/policy/schema.ts";
import { createEngine } from "../../core/protocols/index.ts";
import type { Grammar } from "../../core/sql/grammar.ts";
import { utf8 } from "../../core/bytes.ts";
import type { Vocabulary } from "./capture.ts";
import { Conversation } from "./conversation.ts";
import { messageBytes, messageLines } from "./postgres-words.ts";
import { openMasker, sampleSpec, seededCrypto } from "./values.ts";

/* The shop of captures and fuzzing: what is in its tables, and what is masked there. */

const relation = (oid: number, name: string, columns: readonly [string, number][]): Relation => ({
  oid,
  schema: "public",
  name,
  kind: "r",
  columns: columns.map(([column, type], i) => ({
    number: i + 1,
    name: column,
    type,
    generatedFrom: [],
  })),
  definition: null,
  parents: [],
  hasTriggers: false,
});

const INT4 = 23;
const TEXT = 25;
const NUMERIC = 1700;

const EMPLOYEES = relation(16_390, "employees", [
  ["id", INT4],
  ["name", TEXT],
  ["ssn", TEXT],
  ["salary", NUMERIC],
]);
const NOTES = relation(16_400, "notes", [
  ["id", INT4],
  ["body", TEXT],
]);

const SHOP: Catalog = {
  version: "shop-1",
  relations: [EMPLOYEES, NOTES],
  pureFunctions: ["upper", "lower", "count", "length"],
  userOperators: [],
  userTypes: [],
  systemColumns: { "pg_catalog.pg_class": ["oid", "relname", "relkind"] },
  searchPath: ["public"],
};

const CATALOGS: Readonly<Record<string, Catalog | null>> = {
  shop: SHOP,
  /** The shop before `notes` was made. */
  older: { ...SHOP, version: "shop-0", relations: [EMPLOYEES] },
  none: null,
};

const PII: readonly MaskingRule[] = [
  {
    id: "pii",
    columns: ["employees.ssn", "employees.salary"],
    technique: "redact",
    predicates: "allow",
    aggregates: "mask",
    on: ["answers"],
  },
];
const DETECTORS: readonly MaskingRule[] = [
  {
    id: "found",
    detect: ["us_ssn", "email"],
    technique: "redact",
    predicates: "allow",
    aggregates: "mask",
    on: ["answers"],
  },
];

function maskerOf(rules: readonly MaskingRule[]): Masker {
  const { principal, resource } = sampleSpec();
  const keys = { mask: () => new Uint8Array(32) };
  return createMasker(rules, principal, resource, keys, seededCrypto());
}

const MASKERS: Readonly<Record<string, Masker>> = {
  none: openMasker,
  pii: maskerOf(PII),
  detectors: maskerOf(DETECTORS),
  both: maskerOf([...PII, ...DETECTORS]),
};

function named<T>(values: Readonly<Record<string, T>>, name: string): T {
  const value = values[name];
  if (value === undefined) throw new Error(`nothing here is called ${name}`);
  return value;
}

export const postgresWords: Vocabulary = {
  bytes: messageBytes,
  lines: messageLines,
  masker: (name) => named(MASKERS, name),
  catalog: (name) => named(CATALOGS, name),
};

/** Settings: `session new|open`, `masker`, `catalog`, `password`, `tls`. */
export function newPostgresEngine(
  grammar: Grammar,
  settings: ReadonlyMap<string, string> = new Map(),
): Engine {
  const spec = sampleSpec();
  const tls = settings.get("tls") === "verify-full" ? "verify-full" : "disable";
  const password = settings.get("password");
  const engine = createEngine("postgres", {
    spec: { ...spec, resource: { ...spec.resource, host: "db.example", tls } },
    crypto: seededCrypto(),
    grammar,
    masker: named(MASKERS, settings.get("masker") ?? "none"),
    catalog: named(CATALOGS, settings.get("catalog") ?? "shop"),
    password: password === undefined ? null : utf8(password),
  });
  if (settings.get("session") !== "new") open(engine);
  return engine;
}

/** An opening that nobody needs to read again. */
function open(engine: Engine): void {
  const run = new Conversation(engine, () => null);
  const server = [
    "Authentication 0",
    'ParameterStatus "server_version" "18.4"',
    'ParameterStatus "standard_conforming_strings" "on"',
    'ParameterStatus "client_encoding" "UTF8"',
    "BackendKeyData 4711 0x01020304",
    "ReadyForQuery I",
    "RowDescription pg_backend_pid:int4",
    'DataRow "4711"',
    'CommandComplete "SELECT 1"',
    "ReadyForQuery I",
  ];
  const startup = messageBytes("client", "StartupMessage 3.0 user=ada database=shop");
  run.take({ on: "opened" });
  run.take({ on: "bytes", from: "client", bytes: startup });
  for (const line of server) {
    run.take({ on: "bytes", from: "upstream", bytes: messageBytes("server", line) });
  }
}
