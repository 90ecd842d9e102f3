import {
  check,
  checkPart,
  isObject,
  misfit,
  type Rule,
  type Schema,
  type Type,
  typeOf,
  TYPES,
} from "./schema.ts";
import {
  amount,
  count,
  type Keyword,
  list,
  type Make,
  named,
  number,
  object,
  pattern,
  said,
  schemas,
  text,
  texts,
  unless,
  type Whole,
} from "./schema-making.ts";
import { canonical, isLonger, isMultiple, same } from "./schema-values.ts";

/** What says something to people, or is used by other keywords. `format` is such (2020-12, §7). */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "example",
  "examples",
  "deprecated",
  "readOnly",
  "writeOnly",
  "externalDocs",
  "xml",
  "discriminator",
  "format",
]);

const ANNOTATIONS_31 = [
  "$comment",
  "$defs",
  "contentEncoding",
  "contentMediaType",
  "contentSchema",
  "minContains",
  "maxContains",
  "then",
  "else",
];

function type(argument: unknown, { version, schema, fail }: Make, whole: Whole): Rule {
  const names = version === "3.1" && Array.isArray(argument) ? argument : [argument];
  const types = new Set(names as Type[]);
  if (whole["nullable"] === true && version === "3.0") types.add("null");
  if (![...types].every((one) => TYPES.includes(one))) return fail("is no type of JSON");
  if (version === "3.0" && argument === "null") return fail("is no type of OpenAPI 3.0");
  schema.types = new Set(types.has("number") ? [...types, "integer"] : types);
  const words = [...types].join(" or ");
  return (value) => {
    const is = typeOf(value);
    const fits = is !== null && (types.has(is) || (is === "integer" && types.has("number")));
    return unless(fits, `is not of type ${words}`);
  };
}

function bound(name: "minimum" | "maximum", sign: 1 | -1): [string, Keyword][] {
  const exclusive = name === "minimum" ? "exclusiveMinimum" : "exclusiveMaximum";
  const [beyond, under] = sign === 1 ? ["over", "under"] : ["under", "over"];
  const rule = (than: number, open: boolean): Rule =>
    amount((value) => {
      if (open) return sign * value < sign * than ? null : `is not ${under} ${than}`;
      return sign * value <= sign * than ? null : `is ${beyond} the ${name} of ${than}`;
    });
  return [
    [name, (n, make, whole) => rule(number(n, make), whole[exclusive] === true)],
    [
      exclusive,
      (n, make) => {
        if (make.version === "3.1") return rule(number(n, make), true);
        return typeof n === "boolean" ? null : make.fail("is not true or false");
      },
    ],
  ];
}

function properties(argument: unknown, make: Make): Rule {
  const known = named(argument, "properties", make);
  for (const [name, schema] of known) make.schema.properties.set(name, schema);
  return object((value, walk) => {
    for (const [name, schema] of known) {
      if (!Object.hasOwn(value, name)) continue;
      const found = checkPart(schema, value[name], name, walk);
      if (found !== null) return found;
    }
    return null;
  });
}

/** In requests what only answers hold is not required (OpenAPI 3.0.3, "readOnly"). */
function required(argument: unknown, make: Make): Rule {
  const names = texts(argument, make);
  const { schema } = make;
  const onlyInAnswers = (name: string): boolean => {
    const part = schema.properties.get(name);
    return part !== undefined && (part.readOnly || part.all.some((one) => one.readOnly));
  };
  return object((value) => {
    const missing = names.find((name) => !Object.hasOwn(value, name) && !onlyInAnswers(name));
    return said(missing === undefined ? null : `lacks ${JSON.stringify(missing)}`);
  });
}

function patternProperties(argument: unknown, make: Make): Rule {
  const parts = named(argument, "patternProperties", make).map(
    ([name, schema]) => [pattern(name, make), schema] as const,
  );
  return object((value, walk) => {
    for (const [name, part] of Object.entries(value)) {
      for (const [matches, schema] of parts) {
        walk.pay(name.length);
        const found = matches(name) ? check(schema, part, walk) : null;
        if (found !== null) return misfit(`has a property that ${found.what}`);
      }
    }
    return null;
  });
}

function additionalProperties(argument: unknown, make: Make, whole: Whole): Rule {
  const rest = make.make(argument, "additionalProperties");
  const known = new Set(isObject(whole["properties"]) ? Object.keys(whole["properties"]) : []);
  const patterns =
    isObject(whole["patternProperties"]) && make.version === "3.1"
      ? Object.keys(whole["patternProperties"]).map((one) => pattern(one, make))
      : [];
  return object((value, walk) => {
    for (const [name, part] of Object.entries(value)) {
      if (known.has(name) || patterns.some((matches) => matches(name))) continue;
      const found = check(rest, part, walk);
      if (found !== null) return misfit(`has a property that ${found.what}`);
    }
    return null;
  });
}

function items(argument: unknown, make: Make, whole: Whole): Rule {
  if (Array.isArray(argument)) return make.fail("is a list; write prefixItems");
  const each = make.make(argument, "items");
  make.schema.items = each;
  const from =
    make.version === "3.1" && Array.isArray(whole["prefixItems"]) ? whole["prefixItems"].length : 0;
  return list((value, walk) => {
    for (let i = from; i < value.length; i++) {
      const found = checkPart(each, value[i], i, walk);
      if (found !== null) return found;
    }
    return null;
  });
}

function prefixItems(argument: unknown, make: Make): Rule {
  const parts = schemas(argument, "prefixItems", make);
  return list((value, walk) => {
    for (const [i, schema] of parts.entries()) {
      const found = i < value.length ? checkPart(schema, value[i], i, walk) : null;
      if (found !== null) return found;
    }
    return null;
  });
}

function contains(argument: unknown, make: Make, whole: Whole): Rule {
  const schema = make.make(argument, "contains");
  const least = count(whole["minContains"] ?? 1, make);
  const most = whole["maxContains"] === undefined ? Infinity : count(whole["maxContains"], make);
  return list((value, walk) => {
    const found = value.filter((part) => check(schema, part, walk) === null).length;
    return unless(found >= least && found <= most, "has too few or too many items of a kind");
  });
}

const uniqueItems: Keyword = (argument, { fail }) => {
  if (typeof argument !== "boolean") return fail("is not true or false");
  if (!argument) return null;
  return list((value, walk) => {
    const seen = new Set(value.map((part) => canonical(part, walk)));
    return unless(seen.size === value.length, "has an item twice");
  });
};

/** Of the same value: each, some, one or none of the schemas. */
function together(name: "allOf" | "anyOf" | "oneOf"): [string, Keyword] {
  const keyword: Keyword = (argument, make) => {
    const parts = schemas(argument, name, make);
    make.schema.inPlace.push(...parts);
    if (name === "allOf") {
      make.schema.all.push(...parts);
      return (value, walk) => {
        for (const part of parts) {
          const found = check(part, value, walk);
          if (found !== null) return found;
        }
        return null;
      };
    }
    make.schema.either.push(parts);
    return (value, walk) => {
      let fitting = 0;
      for (const part of parts) {
        if (check(part, value, walk) === null) fitting++;
        if (fitting > (name === "oneOf" ? 1 : 0)) break;
      }
      return unless(fitting === 1, fitting === 0 ? "fits none of its forms" : "fits two forms");
    };
  };
  return [name, keyword];
}

function not(argument: unknown, make: Make): Rule {
  const schema = make.make(argument, "not");
  make.schema.inPlace.push(schema);
  return (value, walk) => unless(check(schema, value, walk) !== null, "is what it must not be");
}

function ifThenElse(argument: unknown, make: Make, whole: Whole): Rule {
  const part = (name: string): Schema => make.make(whole[name] ?? true, name);
  const [condition, then, otherwise] = [make.make(argument, "if"), part("then"), part("else")];
  make.schema.inPlace.push(condition, then, otherwise);
  return (value, walk) =>
    check(check(condition, value, walk) === null ? then : otherwise, value, walk);
}

function dependentSchemas(argument: unknown, make: Make): Rule {
  const parts = named(argument, "dependentSchemas", make);
  make.schema.inPlace.push(...parts.map(([, schema]) => schema));
  return object((value, walk) => {
    for (const [name, schema] of parts) {
      const found = Object.hasOwn(value, name) ? check(schema, value, walk) : null;
      if (found !== null) return found;
    }
    return null;
  });
}

function dependentRequired(argument: unknown, make: Make): Rule {
  if (!isObject(argument)) return make.fail("is no table of names");
  const parts = Object.entries(argument).map(
    ([name, names]) => [name, texts(names, make)] as const,
  );
  return object((value) => {
    const asked = parts
      .filter(([name]) => Object.hasOwn(value, name))
      .flatMap(([, names]) => names);
    const missing = asked.find((name) => !Object.hasOwn(value, name));
    return said(missing === undefined ? null : `lacks ${JSON.stringify(missing)}`);
  });
}

function propertyNames(argument: unknown, make: Make): Rule {
  const schema = make.make(argument, "propertyNames");
  return object((value, walk) => {
    const fit = Object.keys(value).every((name) => check(schema, name, walk) === null);
    return unless(fit, "has a property of another name than described");
  });
}

const oneOfThese =
  (values: readonly unknown[]): Rule =>
  (value, walk) =>
    unless(
      values.some((one) => same(one, value, walk)),
      "is none of the values described",
    );

const multipleOf: Keyword = (argument, make) => {
  const of = number(argument, make);
  if (of <= 0) return make.fail("is not over zero");
  return amount((value) => (isMultiple(value, of) ? null : `is no multiple of ${of}`));
};

const COMMON: readonly [string, Keyword][] = [
  ["type", type],
  ["enum", (v, { fail }) => (Array.isArray(v) ? oneOfThese(v) : fail("is no list"))],
  ["multipleOf", multipleOf],
  ...bound("maximum", 1),
  ...bound("minimum", -1),
  [
    "maxLength",
    (n, make) => {
      const most = count(n, make);
      return text((value) => (isLonger(value, most) ? `is longer than ${most}` : null));
    },
  ],
  [
    "minLength",
    (n, make) => {
      const least = count(n, make);
      return text((value) =>
        least === 0 || isLonger(value, least - 1) ? null : `is shorter than ${least}`,
      );
    },
  ],
  [
    "pattern",
    (source, make) => {
      const matches = pattern(source, make);
      return text((value, walk) => {
        walk.pay(value.length);
        return matches(value) ? null : "is not of the pattern described";
      });
    },
  ],
  ...sizes("Items", "items", (value) => (Array.isArray(value) ? value.length : null)),
  ...sizes("Properties", "properties", (value) =>
    isObject(value) ? Object.keys(value).length : null,
  ),
  ["uniqueItems", uniqueItems],
  ["properties", properties],
  ["required", required],
  ["additionalProperties", additionalProperties],
  ["items", items],
  together("allOf"),
  together("anyOf"),
  together("oneOf"),
  ["not", not],
];

function sizes(
  name: string,
  words: string,
  size: (value: unknown) => number | null,
): [string, Keyword][] {
  return [
    [
      `max${name}`,
      (n, make) => {
        const most = count(n, make);
        return (value) => unless((size(value) ?? 0) <= most, `has more than ${most} ${words}`);
      },
    ],
    [
      `min${name}`,
      (n, make) => {
        const least = count(n, make);
        return (value) => unless((size(value) ?? least) >= least, `has under ${least} ${words}`);
      },
    ],
  ];
}

const nothing: Keyword = () => null;

export const KEYWORDS: Readonly<Record<"3.0" | "3.1", ReadonlyMap<string, Keyword>>> = {
  "3.0": new Map([...COMMON, ["nullable", nothing]]),
  "3.1": new Map([
    ...COMMON,
    ...ANNOTATIONS_31.map((name): [string, Keyword] => [name, nothing]),
    ["const", (value) => oneOfThese([value])],
    ["prefixItems", prefixItems],
    ["contains", contains],
    ["patternProperties", patternProperties],
    ["propertyNames", propertyNames],
    ["if", ifThenElse],
    ["dependentSchemas", dependentSchemas],
    ["dependentRequired", dependentRequired],
  ]),
};
