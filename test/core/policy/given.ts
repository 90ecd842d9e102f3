import type { Command } from "../../../core/command.ts";
import { type CompiledPolicy, compilePolicy } from "../../../core/policy/compile.ts";
import type { PostgresResource, Principal } from "../../../core/session.ts";
import { crypto, keys } from "../masking/given.ts";

export const shopDb: PostgresResource = {
  id: "res_shop",
  name: "shop-db",
  type: "postgres",
  host: "db.internal",
  port: 5432,
  database: "shop",
  user: "sluice",
  password: null,
  tls: "verify-full",
  network: "public",
  labels: { env: "prod" },
};

export const RESOURCES = `
resources:
  - { name: shop-db, type: postgres, host: db.internal, database: shop, user: sluice,
      labels: { env: prod } }
  - { name: test-db, type: postgres, host: db.internal, database: test, user: sluice,
      labels: { env: test } }
`;

export const person = (name: string, ...groups: string[]): Principal => ({
  id: `id-${name}`,
  name,
  groups,
  kind: "person",
});

export const command = (over: Partial<Command> = {}): Command => ({
  id: 1,
  protocol: "postgres",
  text: "select 1",
  shown: "select 1",
  parameters: [],
  clearParameters: [],
  operations: ["select"],
  objects: [],
  columns: [],
  functions: [],
  unbounded: false,
  overwrites: null,
  risks: [],
  changesNothing: true,
  questions: 0,
  holdsLocks: false,
  searchPath: null,
  ...over,
});

/** 2026-11-25, a Wednesday, 02:30 UTC. */
export const NOW = Date.UTC(2026, 10, 25, 2, 30);

export const policyOf = (rules: string, principal: Principal): CompiledPolicy =>
  compilePolicy({
    policy: RESOURCES + rules,
    version: "pol_1",
    principal,
    resource: shopDb,
    session: { id: "ses_1", reason: null, ticket: "OPS-7", openedAt: NOW },
    keys,
    crypto,
  });
