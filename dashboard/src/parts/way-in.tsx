import type { ReactNode } from "react";
import {
  boundsOf,
  curlOf,
  type Document,
  type Schema,
  shapeOf,
  typeOf,
  type Way,
} from "../api-words.ts";
import { listed } from "../words.ts";
import { Chips } from "./chips.tsx";
import { CopyLine } from "./copy.tsx";
import { Facts } from "./facts.tsx";

type WayProps = { readonly way: Way; readonly document: Document };

/** One route: closed, it is its line; open, all that one has to know. */
export const WayIn = ({ way, document }: WayProps) => (
  <details>
    <summary className="row cursor-pointer">
      <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <span className={`chip ${LOOKS[way.method] ?? ""}`}>{way.method}</span>
        <code className="min-w-0 font-mono font-semibold wrap-anywhere">{way.path}</code>
      </span>
      <span className="mt-1 block text-sm text-muted">
        <Prose text={way.of.summary} />
      </span>
    </summary>
    <Detail way={way} document={document} />
  </details>
);

/** Text in which back quotes stand around code. */
export const Prose = ({ text }: { readonly text: string }) =>
  text.split("`").map((part, index) =>
    index % 2 === 0 ? (
      part
    ) : (
      <code key={index} className="font-mono">
        {part}
      </code>
    ),
  );

const LOOKS: Readonly<Record<string, string>> = {
  GET: "chip-good",
  POST: "chip-warn",
  PUT: "chip-warn",
  DELETE: "chip-danger",
  WS: "chip-accent",
};

function Detail({ way, document }: WayProps) {
  const { of } = way;
  const curl = curlOf(way, document);
  const [sent] = Object.entries(of.requestBody?.content ?? {});
  return (
    <div className="grid min-w-0 gap-4 px-4 pt-1 pb-4">
      <Facts
        of={{
          "Who may": listed(of["x-roles"].map((role) => CALLERS[role] ?? role)),
          "API token": SCOPES[of["x-scope"]] ?? <code>{of["x-scope"]}</code>,
        }}
      />
      {of.description !== undefined && (
        <p className="max-w-prose">
          <Prose text={of.description} />
        </p>
      )}
      <Parameters way={way} />
      {sent !== undefined && (
        <Shape title={`Body: ${sent[0]}`} of={sent[1]?.schema} document={document} />
      )}
      <Answers way={way} document={document} />
      {curl !== null && (
        <Part title="In a terminal">
          <CopyLine command={curl} />
        </Part>
      )}
    </div>
  );
}

const CALLERS: Readonly<Record<string, string>> = {
  anyone: "anyone, also without a sign-in",
  "signed-in": "whoever is signed in",
  owner: "whose it is",
  reviewer: "reviewers",
  auditor: "auditors",
  admin: "admins",
};

const SCOPES: Readonly<Record<string, string>> = {
  any: "any, whatever its scopes",
  person: "none: only a person who signed in",
};

const Part = ({ title, children }: { readonly title: string; readonly children: ReactNode }) => (
  <div className="grid min-w-0 gap-1">
    <h4 className="text-sm font-semibold">{title}</h4>
    {children}
  </div>
);

function Parameters({ way: { of } }: { readonly way: Way }) {
  const { parameters = [] } = of;
  if (parameters.length === 0) return null;
  return (
    <Part title="Parameters">
      <ul className="grid gap-1 text-sm">
        {parameters.map(({ name, in: place, required, schema, description }) => (
          <li key={name} className="break-words">
            <code className="font-mono font-semibold">{name}</code> in the {place}
            {required && ", required"}: {typeOf(schema)}
            {boundsOf(schema)}
            {description !== undefined && `. ${description}`}
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Answers({ way: { of }, document }: WayProps) {
  const all = Object.entries(of.responses);
  const codes = all.flatMap(([, answer]) => answer["x-codes"] ?? []);
  return (
    <>
      {all
        .filter(([status]) => Number(status) < 400)
        .map(([status, { content = {} }]) => {
          const [type, media] = Object.entries(content)[0] ?? [];
          const title = `Answers ${status}${type === undefined ? "" : `: ${type}`}`;
          return <Shape key={status} title={title} of={media?.schema} document={document} />;
        })}
      <Part title="Problems">
        <Chips words={codes.map((code) => `${document["x-problems"][code]?.status} ${code}`)} />
      </Part>
    </>
  );
}

type ShapeProps = {
  readonly title: string;
  readonly of: Schema | undefined;
  readonly document: Document;
};

const Shape = ({ title, of, document }: ShapeProps) => (
  <Part title={title}>
    {of !== undefined && (
      <pre className="code p-3">
        <code>{shapeOf(of, document.components.schemas)}</code>
      </pre>
    )}
  </Part>
);
