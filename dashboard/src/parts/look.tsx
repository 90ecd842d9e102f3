import type { ReactNode } from "react";
import { hexDump, type Look, type SeenEvent } from "../../../core/protocols/http/seen-body.ts";
import { type Json, jsonTree } from "../../../core/protocols/http/seen-json.ts";
import { counted } from "../words.ts";
import { Grid } from "./grid.tsx";
import { JsonView } from "./json.tsx";
import { Scroller } from "./scroller.tsx";
import { useShown } from "./shown.tsx";
import { Visible } from "./statement.tsx";

/** Of bytes, and of a text. */
const dumpBytesMax = 4 * 1024;
const shownCharactersMax = 200_000;

type LookProps = {
  readonly look: Look;
  /** Without a content coding. */
  readonly bytes: Uint8Array;
  readonly label: string;
};

/** A body by what it is. Whatever it says that it is, it is text here, and never a document. */
export function LookView({ look, bytes, label }: LookProps) {
  switch (look.is) {
    case "json":
      return <JsonView json={look.json} label={label} />;
    case "lines":
      return (
        <List of={look.of} label={label} items={look.lines}>
          {(line, name) => <Line line={line} label={name} />}
        </List>
      );
    case "events":
      return (
        <List of={look.of} label={label} items={look.events}>
          {(event, name) => <EventView event={event} label={name} />}
        </List>
      );
    case "table":
      return (
        <Grid
          label={label}
          columns={look.columns.map((name) => ({ name, format: 0 }))}
          rows={look.rows.map((row) => row.map((text) => ({ text, binary: false })))}
        />
      );
    case "text":
      return <Text text={look.text} label={label} />;
    case "bytes":
      return <Bytes bytes={bytes} label={label} />;
  }
}

type ListProps<T> = {
  readonly items: readonly T[];
  /** How many there are; the first are here. */
  readonly of: number;
  readonly label: string;
  readonly children: (item: T, label: string) => ReactNode;
};

function List<T>({ items, of, label, children }: ListProps<T>) {
  const { shown, more } = useShown(items.length);
  return (
    <>
      <ol aria-label={label} className="grid min-w-0 gap-2">
        {items.slice(0, shown).map((item, index) => (
          <li key={index} className="grid min-w-0 gap-1">
            {children(item, `${label}, ${index + 1}`)}
          </li>
        ))}
      </ol>
      {more}
      {items.length < of && (
        <p className="text-sm text-muted">
          The first {items.length.toLocaleString("en")} of {of.toLocaleString("en")}: the export has
          all.
        </p>
      )}
    </>
  );
}

const Line = ({ line, label }: { readonly line: Json | string; readonly label: string }) =>
  typeof line === "string" ? (
    <Text text={line} label={label} />
  ) : (
    <JsonView json={line} label={label} />
  );

function EventView({ event, label }: { readonly event: SeenEvent; readonly label: string }) {
  const { name, id, data } = event;
  const isComment = name === "" && id === "" && data === "";
  if (isComment) return <p className="text-sm text-muted">a comment, which keeps the line open</p>;
  return (
    <>
      <p className="text-sm">
        <span className="font-semibold">
          <Visible text={name === "" ? "message" : name} />
        </span>
        {id !== "" && (
          <span className="text-muted">
            , id <Visible text={id} />
          </span>
        )}
      </p>
      <Line line={jsonTree(data) ?? data} label={label} />
    </>
  );
}

function Text({ text, label }: { readonly text: string; readonly label: string }) {
  const shown = text.slice(0, shownCharactersMax);
  return (
    <>
      <Scroller label={label} className="code cell-whole p-3">
        <Visible text={shown} />
      </Scroller>
      {shown.length < text.length && (
        <p className="text-sm text-muted">
          The first {counted(shown.length, "character")}: the export has all.
        </p>
      )}
    </>
  );
}

const Bytes = ({ bytes, label }: { readonly bytes: Uint8Array; readonly label: string }) => (
  <>
    <p className="text-sm text-muted">
      No text that this page can read
      {bytes.length > dumpBytesMax && `: its first ${counted(dumpBytesMax, "byte")}`}.
    </p>
    <Scroller label={label} className="code dump cell-whole p-3">
      {hexDump(bytes.subarray(0, dumpBytesMax))}
    </Scroller>
  </>
);
