/**
 * The policy document, compiled, decided and explained. `check.ts` (used at apply) stands apart:
 * it is large.
 */
export { type CompiledPolicy, type CompileInput, compilePolicy } from "./compile.ts";
export { isDocument, loadDocument, type Parsed, parseDocument } from "./document.ts";
export { explainAccess, explainDecision } from "./explain.ts";
export { type Grant, grantFor, requestableGrants } from "./grants.ts";
export { literalPolicy } from "./literal.ts";
export { type Role, rolesOf, wouldLeaveNobodyAdmin } from "./roles.ts";
export type { Document, GrantRule, GuardrailRule, MaskingRule, ResourceRule } from "./schema.ts";
