import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import { utf8 } from "../core/bytes.ts";
import type { Catalog } from "../core/catalog.ts";
import type { Command } from "../core/command.ts";
import type { Crypto } from "../core/crypto.ts";
import type { Decision } from "../core/decision.ts";
import type { Masker } from "../core/masker.ts";
import { compilePolicy } from "../core/policy/compile.ts";
import type { Document, ResourceRule } from "../core/policy/schema.ts";
import type { Principal } from "../core/session.ts";
import { Analyses } from "../core/sql/cache.ts";
import { type ExplainedColumn, explainColumns, sayLeak } from "../core/sql/explain.ts";
import { Names } from "../core/sql/names.ts";
import { trialCommand } from "../core/sql/summary.ts";
import { loadGrammar } from "./grammar.ts";

/** A statement that somebody would send, and when. */
export type Scene = {
  readonly document: Document;
  readonly principal: Principal;
  readonly resource: ResourceRule;
  /** Null: names are not known. */
  readonly catalog: Catalog | null;
  readonly sql: string;
  readonly now: number;
  readonly reason: string | null;
  readonly ticket: string | null;
};

export type Rehearsed = {
  readonly command: Command;
  readonly decision: Decision;
  readonly masker: Masker;
  readonly columns: readonly ExplainedColumn[];
  /** Why it is refused for masked data, column by column. */
  readonly leaks: readonly string[];
  /** Names that the catalog does not have. */
  readonly unresolved: readonly string[];
  /** Why it could not be read. */
  readonly unread: string | null;
};

/** What the gateway would do with statements, by its own code and without any database. */
export async function rehearsing(): Promise<(scene: Scene) => Promise<Rehearsed>> {
  let grammar = await loadGrammar();
  return async (scene) => {
    if (grammar.needsSpare) grammar = await loadGrammar();
    const { document, principal, resource, sql, now, reason, ticket } = scene;
    const policy = compilePolicy({
      policy: document,
      version: "local",
      principal,
      resource: { ...resource, id: resource.name },
      session: { id: "", reason, ticket, openedAt: now },
      keys: { mask: (purpose) => nodeCrypto.sha256(utf8(purpose)) },
      crypto: nodeCrypto,
    });
    const { masker } = policy;
    const text = utf8(sql);
    const analysis = new Analyses(grammar).analyse(text, new Names(scene.catalog), masker);
    const command = trialCommand(sql, analysis);
    const leaks = analysis.statements.flatMap((statement) => statement.leaks);
    const unresolved = analysis.statements.flatMap((statement) => statement.unresolved);
    return {
      command,
      decision: policy.decide(command, now),
      masker,
      columns: explainColumns(text, analysis, grammar, masker),
      leaks: [...new Set(leaks.map((leak) => sayLeak(leak, masker)))],
      unresolved: [...new Set(unresolved)],
      unread: analysis.unknown,
    };
  };
}

/** The masker is asked which rule holds; no value is ever masked here. */
const nodeCrypto: Crypto = {
  sha256: (data) => createHash("sha256").update(data).digest(),
  hmacSha256: (key, data) => createHmac("sha256", key).update(data).digest(),
  pbkdf2: (password, salt, iterations) => pbkdf2Sync(password, salt, iterations, 32, "sha256"),
  md5: (data) => createHash("md5").update(data).digest(),
  random: (n) => randomBytes(n),
};
