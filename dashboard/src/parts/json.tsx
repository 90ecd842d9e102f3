import { type ReactNode, useState } from "react";
import type { Json, JsonItem } from "../../../core/protocols/http/seen-json.ts";
import { counted } from "../words.ts";
import { useShown } from "./shown.tsx";
import { Visible } from "./statement.tsx";

type Group = Extract<Json, { is: "group" }>;

/** A document of fewer values than this is open from the start, whole. */
const openValuesMax = 200;
/** Of a larger one the first levels are, where they are short. */
const openDepthMax = 2;
const openItemsMax = 50;
/** A text of more is cut, and can be opened. */
const leafCharactersMax = 500;

/** JSON as it was written, folded where it is long. */
export const JsonView = ({ json, label }: { readonly json: Json; readonly label: string }) => (
  <div role="group" aria-label={label} className="code json statement p-3">
    <Value json={json} depth={0} isSmall={isFewerThan(openValuesMax, json)} after="" />
  </div>
);

type ValueProps = {
  readonly json: Json;
  readonly depth: number;
  /** The document as a whole is short. */
  readonly isSmall: boolean;
  /** The name before it. */
  readonly before?: ReactNode;
  /** The comma behind it. */
  readonly after: string;
};

function Value({ json, before, after, ...more }: ValueProps) {
  if (json.is === "group" && json.items.length > 0) {
    return <Fold group={json} before={before} after={after} {...more} />;
  }
  return (
    <div>
      {before}
      {json.is === "leaf" ? <Leaf text={json.text} /> : bracketsOf(json).join("")}
      {after}
    </div>
  );
}

type FoldProps = Omit<ValueProps, "json"> & { readonly group: Group };

function Fold({ group, depth, isSmall, before, after }: FoldProps) {
  const { items } = group;
  const [isOpen, setOpen] = useState(
    isSmall || (depth < openDepthMax && items.length <= openItemsMax),
  );
  const { shown, more } = useShown(items.length);
  const [open, close] = bracketsOf(group);
  const what = group.open === "{" ? counted(items.length, "member") : counted(items.length, "item");
  return (
    <div>
      {before}
      <button
        type="button"
        className="json-fold"
        aria-expanded={isOpen}
        aria-label={`${isOpen ? "Fold" : "Unfold"} ${what}`}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? open : `${open} ${what} ${close}`}
      </button>
      {isOpen && (
        <>
          <div className="json-items">
            {items.slice(0, shown).map((item, index) => (
              <Item
                key={index}
                item={item}
                depth={depth + 1}
                isSmall={isSmall}
                after={index === items.length - 1 ? "" : ","}
              />
            ))}
            {more}
          </div>
          <span>{close}</span>
        </>
      )}
      {after}
    </div>
  );
}

const Item = ({ item: { name, value }, ...more }: { readonly item: JsonItem } & RestOfItem) => {
  const before = name !== null && (
    <>
      <span className="sql-name">
        <Visible text={name} />
      </span>
      {": "}
    </>
  );
  return value === null ? <div>{before}…</div> : <Value json={value} before={before} {...more} />;
};
type RestOfItem = Omit<ValueProps, "json" | "before">;

function Leaf({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(text.length <= leafCharactersMax);
  const kind = text.startsWith('"') ? "string" : /^[tfn]/.test(text) ? "keyword" : "number";
  return (
    <span className={`sql-${kind}`}>
      <Visible text={isWhole ? text : text.slice(0, leafCharactersMax)} />
      {!isWhole && (
        <button type="button" className="link font-sans" onClick={() => setWhole(true)}>
          … show all {counted(text.length, "character")}
        </button>
      )}
    </span>
  );
}

const bracketsOf = ({ open, closed }: Group): readonly [string, string] => [
  open,
  closed ? (open === "{" ? "}" : "]") : "…",
];

/** Without counting all of a large one. */
function isFewerThan(limit: number, json: Json): boolean {
  let seen = 0;
  const waiting: (Json | null)[] = [json];
  while (waiting.length > 0 && seen <= limit) {
    const next = waiting.pop();
    seen++;
    if (next?.is !== "group") continue;
    for (const { value } of next.items.slice(0, limit)) waiting.push(value);
  }
  return seen <= limit;
}
