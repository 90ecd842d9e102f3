import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";
import type { Catalog } from "../core/catalog.ts";
import type { Crypto } from "../core/crypto.ts";
import type { UnixMs } from "../core/decision.ts";
import { type Judged, judging, type Scene } from "../core/rehearsal/judged.ts";
import { type Rehearsed, rehearsal } from "../core/rehearsal/rehearse.ts";
import {
  type RehearsedRequest,
  requestRehearsal,
  type SentRequest,
} from "../core/rehearsal/request.ts";
import type { Stage } from "../core/rehearsal/stage.ts";
import type { HttpResource } from "../core/session.ts";
import { loadGrammar } from "./grammar.ts";

/** What the gateway would do with a statement, on this machine. */
export async function rehearse(stage: Stage, sql: string, now: UnixMs): Promise<Rehearsed> {
  return rehearsal(stage, await loadGrammar(), nodeCrypto)(sql, now);
}

/** The same with a request. */
export const rehearseRequest = (
  stage: Omit<Stage, "catalog" | "resource">,
  resource: HttpResource,
  sent: SentRequest,
): RehearsedRequest => requestRehearsal(stage, resource, nodeCrypto)(sent, stage.session.openedAt);

/** The same of many scenes, one after the other, as plain data. */
export async function judge(
  scenes: readonly { readonly scene: Scene; readonly catalog: Catalog | null }[],
): Promise<readonly Judged[]> {
  let grammar = await loadGrammar();
  const judged: Judged[] = [];
  for (const { scene, catalog } of scenes) {
    if (grammar.needsSpare) grammar = await loadGrammar();
    judged.push(...scene.asked.map(judging(scene, catalog, grammar, nodeCrypto)));
  }
  return judged;
}

const nodeCrypto: Crypto = {
  sha256: (data) => createHash("sha256").update(data).digest(),
  hmacSha256: (key, data) => createHmac("sha256", key).update(data).digest(),
  pbkdf2: (password, salt, iterations) => pbkdf2Sync(password, salt, iterations, 32, "sha256"),
  md5: (data) => createHash("md5").update(data).digest(),
  random: (n) => randomBytes(n),
};
