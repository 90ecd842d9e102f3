import { utf8 } from "../bytes.ts";
import { ConfigError } from "../errors.ts";
import { policyBytesMax } from "../limits.ts";
import type { z } from "../zod.ts";
import { errorAt, shapeErrors } from "./located.ts";
import { type Document, documentSchema } from "./schema.ts";
import { type Located, type Path, readYaml } from "./yaml.ts";

export type Parsed =
  | { readonly document: Document; readonly located: Located }
  | readonly ConfigError[];

export const isDocument = (parsed: Parsed): parsed is Exclude<Parsed, readonly ConfigError[]> =>
  "document" in parsed;

/**
 * Reads `sluice.yaml`: syntax, shape, unique ids, known resources. Every error has its line and
 * column. Conditions and regexes are looked at by `check.ts`, where a document is applied.
 */
export function parseDocument(source: string): Parsed {
  if (utf8(source).length > policyBytesMax) {
    return [new ConfigError("policy.size", `the document is over ${policyBytesMax} bytes`)];
  }
  const located = readYaml(source);
  if (located.problems.length > 0) {
    return located.problems.map((p) => new ConfigError("policy.yaml", p.message, p.at));
  }
  const result = documentSchema.safeParse(located.value);
  if (!result.success) return shapeErrors("policy", servedIssues(result.error.issues), located);
  const errors = referenceErrors(result.data, located);
  return errors.length > 0 ? errors : { document: result.data, located };
}

/** The document, for text that was checked when it was applied. Throws the first ConfigError. */
export function loadDocument(source: string): Document {
  const parsed = parseDocument(source);
  if (isDocument(parsed)) return parsed.document;
  throw parsed[0] as ConfigError;
}

type Issue = z.core.$ZodIssue;

/** A resource of a type that is not served is told of once. */
function servedIssues(issues: readonly Issue[]): Issue[] {
  const strangers = new Set(issues.filter(isUnservedType).map((issue) => String(issue.path[1])));
  return issues.filter((issue) => isUnservedType(issue) || !underStranger(issue, strangers));
}

/**
 * A resource of a type that is not served has keys of its own: one error about the type says it
 * all.
 */
const isUnservedType = ({ path }: Issue): boolean =>
  path.length === 3 && path[0] === "resources" && path[2] === "type";

const underStranger = ({ path }: Issue, strangers: ReadonlySet<string>): boolean =>
  path[0] === "resources" && strangers.has(String(path[1]));

function referenceErrors(document: Document, located: Located): ConfigError[] {
  const errors: ConfigError[] = [];
  const unique = (ids: readonly { path: Path; id: string }[]): void => {
    const seen = new Set<string>();
    for (const { path, id } of ids) {
      if (seen.has(id)) errors.push(errorAt("policy.duplicate", path, `"${id}" again`, located));
      seen.add(id);
    }
  };
  unique(document.resources.map((r, i) => ({ path: ["resources", i, "name"], id: r.name })));
  unique(
    (["grants", "guardrails", "masking", "budgets"] as const).flatMap((list) =>
      document[list].map((rule, i) => ({ path: [list, i, "id"], id: rule.id })),
    ),
  );
  const known = new Set(document.resources.map((resource) => resource.name));
  for (const list of ["grants", "guardrails", "masking"] as const) {
    document[list].forEach((rule, i) => {
      const names = Array.isArray(rule.resources) ? rule.resources : [];
      names.forEach((name, j) => {
        if (known.has(name)) return;
        const path = [list, i, "resources", j];
        errors.push(errorAt("policy.reference", path, `no resource is named "${name}"`, located));
      });
    });
  }
  return errors;
}
