import { type CelInput, type CelMap, celEnv, celMap, isCelError, parse, plan } from "@bufbuild/cel";

export type Verdict = "true" | "false" | "error";

export type Context = Readonly<Record<string, CelInput>>;

export type Fields = CelMap;
export type { CelInput };

/** Made once for all conditions: of an object CEL makes a map each time that one names it. */
export const fields = (part: Context): Fields => celMap(new Map(Object.entries(part)));

export type Condition = {
  /** Total: an error, or an answer that is no boolean, is "error". It rests on `names` alone. */
  evaluate(context: Context): Verdict;
  /**
   * Every name in it, with the fields that are taken of it: `command.text`, `now`, `o`; and `*` for
   * what has none.
   */
  readonly names: ReadonlySet<string>;
};

const environment = celEnv();

/**
 * Plans a CEL expression once; its `matches` is RE2 (linear time). A text that does not parse is a
 * condition that always errs, so a document applied by other means still fails closed.
 */
export function compileCondition(source: string): Condition {
  const names = new Set<string>();
  let run: ReturnType<typeof plan>;
  try {
    const parsed = parse(source);
    addNames(parsed.expr, names);
    run = plan(environment, parsed);
  } catch {
    return { names, evaluate: () => "error" };
  }
  return {
    names,
    evaluate(context) {
      try {
        const value = run(context);
        if (isCelError(value) || typeof value !== "boolean") return "error";
        return value ? "true" : "false";
      } catch {
        return "error";
      }
    },
  };
}

type OneOf = { readonly case?: string; readonly value?: Node };
/** Of cel.expr.Expr, whatever the node: only identifiers and selections matter here. */
type Node = {
  readonly exprKind?: OneOf;
  readonly name?: string;
  readonly operand?: Node;
  readonly field?: string;
  readonly function?: string;
  readonly args?: readonly Node[];
  readonly constantKind?: { readonly case?: string; readonly value?: unknown };
};

function addNames(node: unknown, names: Set<string>): void {
  if (typeof node !== "object" || node === null) return;
  const path = pathOf(node);
  const asked = askedIn(node);
  if (asked !== null) names.add(asked);
  const field = fieldIn(node);
  if (path === null && field !== null) names.add(`*.${field}`);
  if (path !== null) names.add(path);
  else for (const part of Object.values(node)) addNames(part, names);
}

/** `http.query.role`, written so or as `http.query["role"]`. Null: no name, or one made of more. */
function pathOf({ exprKind }: Node): string | null {
  const value = exprKind?.value;
  if (exprKind?.case === "identExpr") return String(value?.name);
  if (exprKind?.case === "selectExpr") {
    const outer = pathOf(value?.operand ?? {});
    return outer === null ? null : `${outer}.${value?.field}`;
  }
  if (exprKind?.case !== "callExpr" || value?.function !== "_[_]") return null;
  const [of = {}, by] = value.args ?? [];
  const outer = pathOf(of);
  const key = by?.exprKind?.case === "constExpr" ? by.exprKind.value?.constantKind : undefined;
  return outer === null || key?.case !== "stringValue" ? null : `${outer}.${String(key.value)}`;
}

/** Taken of what has no name, such as `http.body.items[0]`. */
const fieldIn = ({ exprKind }: Node): string | null =>
  exprKind?.case === "selectExpr" ? (exprKind.value?.field ?? null) : null;

/** `"role" in http.query` asks for `http.query.role`; null: it is no such question. */
function askedIn({ exprKind }: Node): string | null {
  const { value } = exprKind ?? {};
  const [key, of = {}] = value?.function === "@in" ? (value.args ?? []) : [];
  const constant = key?.exprKind?.value?.constantKind;
  const outer = pathOf(of);
  const asks = outer?.startsWith("http.") === true && constant?.case === "stringValue";
  return asks ? `${outer}.${String(constant.value)}` : null;
}

/** Null when the expression parses, else why not. */
export function conditionSyntaxError(source: string): string | null {
  try {
    parse(source);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
