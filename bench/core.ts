import type { Catalog, Relation } from "../core/catalog.ts";
import { DataPath } from "../core/data-path.ts";
import type { Policy } from "../core/decision.ts";
import { compilePolicy } from "../core/policy/compile.ts";
import { createEngine } from "../core/protocols/index.ts";
import type { Grammar } from "../core/sql/grammar.ts";
import type { StreamSpec } from "../core/session.ts";
import { nodeCrypto } from "../durable-objects/crypto.ts";
import { sampleSpec } from "../test/support/values.ts";
import { message, processId, READY, startup, welcome } from "./messages.ts";
import { policyText, type ResourceName } from "./policy.ts";

/*
 * A session of core alone, in this process: no runtime, no socket, no disk, and canned bytes in the
 * place of the server.
 */

const relation = (oid: number, name: string, columns: readonly string[]): Relation => ({
  oid,
  schema: "public",
  name,
  kind: "r",
  columns: columns.map((column, i) => ({
    number: i + 1,
    name: column,
    type: 25,
    generatedFrom: [],
  })),
  definition: null,
  parents: [],
  hasTriggers: false,
});

const ROW_COLUMNS = "id at name email card phone city amount note active".split(" ");
export const ROWS_OID = 20_001;
export const ACCOUNTS_OID = 20_002;

export const CATALOG: Catalog = {
  version: "bench",
  relations: [
    relation(ROWS_OID, "bench_rows", ROW_COLUMNS),
    relation(ACCOUNTS_OID, "pgbench_accounts", ["aid", "bid", "abalance", "filler"]),
    relation(20_003, "pgbench_branches", ["bid", "bbalance", "filler"]),
  ],
  pureFunctions: ["count", "sum", "upper", "lower"],
  userOperators: [],
  userTypes: [],
  systemColumns: { "pg_catalog.pg_class": ["oid", "relname", "relkind"] },
  searchPath: ["public"],
};

const specOf = (resource: ResourceName): StreamSpec => {
  const spec = sampleSpec();
  return { ...spec, resource: { ...spec.resource, name: resource } };
};

export function policyOf(resource: ResourceName): Policy {
  const spec = specOf(resource);
  return compilePolicy({
    policy: policyText(5432),
    version: "pol_1",
    principal: spec.principal,
    resource: spec.resource,
    session: spec,
    keys: { mask: () => new Uint8Array(32) },
    crypto: nodeCrypto,
  });
}

/** A session that is logged in. */
export class CoreSession {
  readonly #path: DataPath;

  constructor(resource: ResourceName, grammar: Grammar) {
    const spec = specOf(resource);
    const policy = policyOf(resource);
    const { masker } = policy;
    const engine = createEngine("postgres", {
      spec,
      crypto: nodeCrypto,
      grammar,
      masker,
      catalog: CATALOG,
      password: null,
    });
    this.#path = new DataPath({ spec, engine, policy, crypto: nodeCrypto });
    this.#path.step({ on: "opened" }, 1);
    this.client(startup());
    this.upstream(welcome());
    const pid = [describe(0, ["pg_backend_pid"], 23), row([String(processId)])];
    this.upstream(Buffer.concat([...pid, message("C", "SELECT 1\0"), READY]));
  }

  /** Bytes of the client's; how many the server gets. */
  client(bytes: Uint8Array): number {
    return this.#step("client", bytes);
  }

  /** Bytes of the server's; how many the client gets. */
  upstream(bytes: Uint8Array): number {
    return this.#step("upstream", bytes);
  }

  #step(from: "client" | "upstream", bytes: Uint8Array): number {
    let sent = 0;
    // A Buffer's own methods are slower than what the runtime hands over.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    for (const effect of this.#path.step({ on: "bytes", from, bytes: plain }, 1)) {
      if (effect.do === "close") throw new Error(effect.reason);
      if (effect.do === "send" && effect.to !== from) sent += effect.bytes.length;
    }
    return sent;
  }
}

/** A row description in text format. */
export function describe(oid: number, columns: readonly string[], type = 25): Buffer {
  const fields = columns.map((column, i) => {
    const rest = Buffer.alloc(18);
    rest.writeUInt32BE(oid, 0);
    rest.writeUInt16BE(i + 1, 4);
    rest.writeUInt32BE(type, 6);
    rest.writeInt16BE(-1, 10);
    return Buffer.concat([Buffer.from(`${column}\0`), rest]);
  });
  const count = Buffer.of(0, columns.length);
  return message("T", Buffer.concat([count, ...fields]));
}

/** A row of text cells; null is NULL. */
export function row(cells: readonly (string | null)[]): Buffer {
  const parts = cells.map((cell) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(cell === null ? -1 : Buffer.byteLength(cell));
    return Buffer.concat([length, Buffer.from(cell ?? "")]);
  });
  return message("D", Buffer.concat([Buffer.of(0, cells.length), ...parts]));
}

export const ROWS_DESCRIPTION = describe(ROWS_OID, ROW_COLUMNS);

/** The n-th row of bench_rows, as PostgreSQL would send it. */
export const sampleRow = (n: number): Buffer =>
  row([
    String(n),
    "2024-01-02 09:00:00+00",
    `Customer number ${n}`,
    `customer${n}@example.com`,
    `4242 4242 42${String((n * 7919) % 1_000_000).padStart(6, "0")}`,
    `+1-201-555-${String((n * 31) % 10_000).padStart(4, "0")}`,
    "Lisbon",
    ((n * 137) % 100_000).toFixed(2),
    n % 3 > 0 ? "Please leave it at the door, thank you" : null,
    n % 2 === 0 ? "t" : "f",
  ]);
