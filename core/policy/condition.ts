import { celEnv, isCelError, parse, plan } from "@bufbuild/cel";

export type Verdict = "true" | "false" | "error";

/** A planned condition. Total: an error, or an answer that is no boolean, is "error". */
export type Condition = (context: Record<string, unknown>) => Verdict;

const environment = celEnv();

/**
 * Plans a CEL expression once; its `matches` is RE2 (linear time). A text that does not parse is a
 * condition that always errs, so a document applied by other means still fails closed.
 */
export function compileCondition(source: string): Condition {
  let run: (context: never) => unknown;
  try {
    run = plan(environment, parse(source));
  } catch {
    return () => "error";
  }
  return (context) => {
    try {
      const value = run(context as never);
      if (isCelError(value) || typeof value !== "boolean") return "error";
      return value ? "true" : "false";
    } catch {
      return "error";
    }
  };
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
