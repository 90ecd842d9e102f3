import { Environment } from "@marcbachmann/cel-js";
import { ConfigError } from "../errors.ts";
import { compileRegex, textMatches, regexError } from "../masking/regex.ts";
import { compileApi } from "../protocols/http/openapi.ts";
import { conditionSyntaxError } from "./condition.ts";
import { CONTEXT } from "./context.ts";
import { isDocument, type Parsed, parseDocument } from "./document.ts";

/**
 * All that is asked of a document before it is applied: `parseDocument`, then each condition typed
 * against CONTEXT and each regex taken by RE2. For apply and the CLI; sessions do without the type
 * checker.
 */
export function checkDocument(source: string): Parsed {
  const parsed = parseDocument(source);
  if (!isDocument(parsed)) return parsed;
  const { document, located } = parsed;
  const errors: ConfigError[] = [];
  const report = (code: string, path: PropertyKey[], message: string | null): void => {
    if (message === null) return;
    errors.push(new ConfigError(code, `${path.join(".")}: ${message}`, located.positionOf(path)));
  };
  document.guardrails.forEach(({ when }, i) => {
    if (when === undefined) return;
    report("policy.condition", ["guardrails", i, "when"], conditionError(when));
  });
  document.resources.forEach((rule, i) => {
    if (rule.type !== "http" || rule.openapi === undefined) return;
    report("policy.openapi", ["resources", i, "openapi"], apiError(rule.openapi));
  });
  document.masking.forEach(({ patterns }, i) => {
    patterns?.forEach(({ regex }, j) => {
      report("policy.regex", ["masking", i, "patterns", j, "regex"], patternError(regex));
    });
  });
  return errors.length > 0 ? errors : parsed;
}

/** Null when a condition is sound: it parses, it is a boolean, and RE2 takes its patterns. */
export function conditionError(source: string): string | null {
  const checked = environment().check(source);
  if (!checked.valid) return firstLine(checked.error?.message ?? "not a condition");
  if (checked.type !== "bool") return `a condition is true or false, this is ${checked.type}`;
  return conditionSyntaxError(source) ?? matchesError(source);
}

function environment(): Environment {
  const made = new Environment();
  for (const [name, schema] of Object.entries(CONTEXT)) made.registerVariable(name, { schema });
  return made;
}

const firstLine = (message: string): string => message.split("\n", 1)[0] as string;

type Node = { readonly op: string; readonly args: unknown };

/** Literal patterns are tried; one that is put together at run time cannot be, and is refused. */
function matchesError(source: string): string | null {
  const walk = (value: unknown): string | null => {
    if (Array.isArray(value)) return firstOf(value, walk);
    if (typeof value !== "object" || value === null || !("op" in value)) return null;
    const { op, args } = value as Node;
    const call = Array.isArray(args) && args[0] === "matches" ? args : null;
    if (call !== null && (op === "call" || op === "rcall")) {
      const given = (call.at(-1) as Node[]).at(-1);
      if (given?.op !== "value" || typeof given.args !== "string") {
        return "the pattern of matches must be written out";
      }
      const wrong = regexError(given.args);
      if (wrong !== null) return wrong;
    }
    return walk(args);
  };
  return walk(environment().parse(source).ast);
}

function firstOf(values: readonly unknown[], look: (value: unknown) => string | null) {
  for (const value of values) {
    const found = look(value);
    if (found !== null) return found;
  }
  return null;
}

function apiError(document: unknown): string | null {
  const api = compileApi(document, textMatches);
  return "wrong" in api ? api.wrong : null;
}

function patternError(regex: string): string | null {
  try {
    compileRegex(regex);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}
