import { PostgreSQL, sql } from "@codemirror/lang-sql";
import type { Extension } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { type KeyboardEvent, useCallback, useRef, useState } from "react";
import type { Answer } from "../api.ts";
import { isBusy, type Run } from "../console.ts";
import { Result } from "../parts/console-result.tsx";
import { Editor } from "../parts/editor.tsx";
import { Empty, Loading, Trouble } from "../parts/states.tsx";
import { resourcesQuery } from "../queries.ts";
import { type Console, useConsole } from "../use-console.ts";
import { oneLine } from "../visible.ts";

type Resource = Answer<"resource">;

export function ConsolePage() {
  const { data, error, refetch } = useQuery(resourcesQuery);
  const open = data?.items.filter(({ state, type }) => state === "open" && type === "postgres");
  return (
    <div className="grid gap-4">
      <h1 className="text-xl font-bold">Console</h1>
      {data === undefined && error === null && <Loading />}
      {error !== null && <Trouble error={error} retry={() => void refetch()} />}
      {open?.length === 0 && (
        <Empty title="No database is open to you.">
          <Link to="/access" className="link">
            See what you may ask for
          </Link>
        </Empty>
      )}
      {open !== undefined && open.length > 0 && <Workbench resources={open} />}
    </div>
  );
}

/** Kept while the tab is open and the person signed in: what is typed may be sensitive. */
type Memory = { readonly draft: string; readonly past: readonly Past[] };
type Past = Pick<Run, "sql" | "resource" | "state">;
const memoryKey = ["console"] as const;
const pastMax = 100;

function Workbench({ resources }: { readonly resources: readonly Resource[] }) {
  const queries = useQueryClient();
  const { data: memory } = useQuery<Memory>({
    queryKey: memoryKey,
    enabled: false,
    gcTime: Number.POSITIVE_INFINITY,
    initialData: { draft: "", past: [] },
  });
  const remember = (change: (memory: Memory) => Memory) =>
    queries.setQueryData<Memory>(memoryKey, (now) => change(now ?? { draft: "", past: [] }));
  const sqlConsole = useConsole(({ sql, resource, state }) =>
    remember(({ draft, past }) => ({
      draft,
      past: [{ sql, resource, state }, ...past].slice(0, pastMax),
    })),
  );
  const { resource: wanted } = useSearch({ from: "/console" });
  const first = resources.find(({ name }) => name === wanted) ?? resources[0];
  const [chosen, choose] = useState(first?.name ?? "");
  const editor = useRef<EditorView | null>(null);
  const keep = useCallback((view: EditorView | null) => {
    editor.current = view;
  }, []);
  const start = () => {
    const text = editor.current === null ? "" : statementIn(editor.current);
    if (text.trim() !== "") sqlConsole.start(chosen, text);
  };
  const draft = (text: string) => remember(({ past }) => ({ draft: text, past }));
  return (
    <>
      <section aria-label="Statement" className="card grid min-w-0 gap-3 p-4">
        <Bar resources={resources} chosen={chosen} choose={choose} console={sqlConsole} />
        <div
          role="presentation"
          className="grid"
          onKeyDownCapture={(event) => {
            if (!isStart(event)) return;
            event.preventDefault();
            event.stopPropagation();
            start();
          }}
        >
          <Editor
            label="SQL"
            value={memory.draft}
            onChange={draft}
            extensions={extensions}
            height="min-h-32 max-h-96"
            onView={keep}
          />
        </div>
        <Buttons console={sqlConsole} start={start} />
      </section>
      {sqlConsole.ended !== null && (
        <p role="alert" className="notice notice-warn break-words">
          The session is over: {oneLine(sqlConsole.ended)}
        </p>
      )}
      {sqlConsole.run !== null && <Result run={sqlConsole.run} more={sqlConsole.more} />}
      {memory.past.length > 0 && <History past={memory.past} use={draft} />}
    </>
  );
}

/** What is selected, or everything. */
function statementIn({ state }: EditorView): string {
  const { from, to } = state.selection.main;
  return from === to ? state.doc.toString() : state.sliceDoc(from, to);
}

type BarProps = {
  readonly resources: readonly Resource[];
  readonly chosen: string;
  readonly choose: (name: string) => void;
  readonly console: Console;
};

function Bar({ resources, chosen, choose, console: { line, session, close } }: BarProps) {
  return (
    <div className="flex flex-wrap items-end gap-3">
      <label className="grid min-w-48 gap-1 text-sm">
        Database
        <select
          className="field"
          value={chosen}
          disabled={line !== "closed"}
          onChange={({ target }) => choose(target.value)}
        >
          {resources.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      <p className="flex min-h-10 flex-wrap items-center gap-2 text-sm">
        <span className={`chip ${line === "open" ? "chip-good" : ""}`}>{LINES[line]}</span>
        {session !== null && (
          <Link to="/sessions/$id" params={{ id: session }} className="link" target="_blank">
            its record
          </Link>
        )}
      </p>
      {line === "open" && (
        <button type="button" className="button ml-auto" onClick={close}>
          End the session
        </button>
      )}
    </div>
  );
}

const LINES: Readonly<Record<Console["line"], string>> = {
  closed: "no session",
  opening: "opening a session",
  open: "session open",
};

const extensions: readonly Extension[] = [sql({ dialect: PostgreSQL })];

/** Before the editor sees it, which would begin a new line. */
const isStart = ({ key, ctrlKey, metaKey }: KeyboardEvent): boolean =>
  key === "Enter" && (ctrlKey || metaKey);

function Buttons({ console, start }: { readonly console: Console; readonly start: () => void }) {
  const busy = isBusy(console);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <button type="button" className="button button-primary" disabled={busy} onClick={start}>
        Run
      </button>
      <button type="button" className="button" disabled={!busy} onClick={console.cancel}>
        Stop
      </button>
      <p className="text-sm text-muted">
        Ctrl or ⌘ with Enter runs what is selected, or everything. Everything is recorded.
      </p>
    </div>
  );
}

const OUTCOMES: Readonly<Record<Past["state"], string>> = {
  running: "running",
  more: "running",
  done: "done",
  failed: "failed",
  ended: "cut off",
};

type HistoryProps = { readonly past: readonly Past[]; readonly use: (sql: string) => void };

const History = ({ past, use }: HistoryProps) => (
  <section aria-labelledby="history" className="card min-w-0">
    <div className="px-4 py-3">
      <h2 id="history" className="text-lg font-bold">
        Before
      </h2>
      <p className="text-sm text-muted">
        Kept in this tab only, and forgotten when it is closed or you sign out.
      </p>
    </div>
    <ul aria-label="Statements before" className="divide-y divide-line border-t border-line">
      {past.map(({ sql, resource, state }, at) => (
        <li key={past.length - at}>
          <button type="button" className="row w-full text-left" onClick={() => use(sql)}>
            <code className="block truncate font-mono text-sm">{oneLine(sql)}</code>
            <span className="text-sm text-muted">
              {resource}, {OUTCOMES[state]}
            </span>
          </button>
        </li>
      ))}
    </ul>
  </section>
);
