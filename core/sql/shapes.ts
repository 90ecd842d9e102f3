import type { Node } from "./grammar.ts";
import { NOTHING, within, type Column, type Shape, type Value } from "./scope.ts";
import { last } from "./tree.ts";

/*
 * JSON documents that a statement builds from columns, so that masks reach inside them: only what
 * stands for certain where it stands (manual, "JSON Functions and Operators").
 */

/** One argument of a call. `row`: the columns of the table that it names as a whole. */
export type Argument = {
  readonly node: Node;
  readonly value: Value;
  readonly row: readonly Column[] | null;
};

type Builder = (args: readonly Argument[], around: Value) => Shape | undefined;

const one: Builder = ([first, pretty, more], around) => {
  const certain = pretty === undefined || pretty.node.A_Const !== undefined;
  return certain && more === undefined ? first && asJson(first, around) : undefined;
};

const each: Builder = ([first, more], around) => {
  if (first === undefined || more !== undefined) return undefined;
  return { is: "each", parts: [part("", first)], around };
};

const tuple: Builder = (args, around) => ({
  is: "tuple",
  parts: args.map((argument) => part("", argument)),
  around,
});

const object: Builder = (args, around) => {
  const parts: Column[] = [];
  for (let i = 0; i < args.length; i += 2) {
    const key = keyOf((args[i] as Argument).node);
    const value = args[i + 1];
    if (key === null || value === undefined) return undefined;
    parts.push(part(key, value));
  }
  return { is: "object", parts, around };
};

const BUILDERS: ReadonlyMap<string, Builder> = new Map([
  ["row_to_json", one],
  ["to_json", one],
  ["to_jsonb", one],
  ["json_agg", each],
  ["jsonb_agg", each],
  ["json_build_array", tuple],
  ["jsonb_build_array", tuple],
  ["json_build_object", object],
  ["jsonb_build_object", object],
]);

/**
 * What the call of a function of the server's own builds; undefined: no document, or one that we
 * do not follow. `around`: what else goes into the call.
 */
export function shapeOf(
  call: Node,
  name: readonly string[],
  args: readonly Argument[],
  around: Value,
): Shape | undefined {
  // DISTINCT sorts by the values; a window's rows come by its own order.
  const strange = call.agg_distinct === true || call.over !== undefined;
  if (strange || call.func_variadic === true) return undefined;
  return BUILDERS.get(last(name) ?? "")?.(args, around);
}

/** A row is an object of its columns, and a document stays what it is. */
function asJson({ value, row }: Argument, around: Value): Shape | undefined {
  if (row !== null) return { is: "object", parts: row, around };
  return value.shape && within(value.shape, around);
}

function part(name: string, argument: Argument): Column {
  const { value, row } = argument;
  if (row === null) return { name, value };
  return { name, value: { ...value, shape: { is: "object", parts: row, around: NOTHING } } };
}

/** A constant text; null: no member's name for certain. */
function keyOf(node: Node): string | null {
  const text: unknown = (node.TypeCast?.arg ?? node).A_Const?.sval?.sval;
  return typeof text === "string" ? text : null;
}
