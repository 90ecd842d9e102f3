import { utf8 } from "../core/bytes.ts";
import type { Policy } from "../core/decision.ts";
import { compilePolicy } from "../core/policy/compile.ts";
import { loadDocument } from "../core/policy/document.ts";
import { literalPolicy } from "../core/policy/literal.ts";
import type { Document } from "../core/policy/schema.ts";
import { resourceOf } from "../core/policy/resource.ts";
import type { Resource, SessionSpec } from "../core/session.ts";
import { namedKeys } from "../store/keys.ts";
import { nodeCrypto } from "./crypto.ts";
import type { ObjectsEnv } from "./env.ts";

/**
 * What decides for this session. Throws a ConfigError for a document that would not have been
 * applied. Masking keys hang on the last, that is the oldest, sealing key, so that tokens of one
 * value stay the same when a new key is put before it.
 */
export function policyFor(
  env: ObjectsEnv,
  spec: SessionSpec,
  applied: SessionSpec["policy"] = spec.policy,
): Policy {
  if (spec.literalTexts !== null) return literalPolicy(spec.literalTexts, applied.version);
  const keys = namedKeys("SEALING_KEYS", env.SEALING_KEYS);
  const { key } = keys.at(-1) ?? keys[0];
  return compilePolicy({
    policy: documentOf(applied.source),
    version: applied.version,
    principal: spec.principal,
    resource: spec.resource,
    session: spec,
    keys: { mask: (purpose) => nodeCrypto.hmacSha256(key, utf8(`sluice.mask.1\0${purpose}`)) },
    crypto: nodeCrypto,
  });
}

let last: { readonly source: string; readonly document: Document } | null = null;

/** The sessions of an isolate share one text, mostly: it is read once for all of them. */
function documentOf(source: string): Document {
  if (last?.source !== source) last = { source, document: loadDocument(source) };
  return last.document;
}

/** The resource as another version of the policy has it; null: it has none of that name. */
export function resourceIn(
  applied: SessionSpec["policy"],
  { id, name }: Resource,
): Resource | null {
  const rule = documentOf(applied.source).resources.find((one) => one.name === name);
  return rule === undefined ? null : resourceOf(rule, id);
}
