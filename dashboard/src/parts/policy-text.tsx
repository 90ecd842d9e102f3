import { autocompletion, type CompletionContext } from "@codemirror/autocomplete";
import { yaml } from "@codemirror/lang-yaml";
import { type Diagnostic, lintGutter, setDiagnostics } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import type { EditorState, Extension } from "@codemirror/state";
import type { EditorView } from "@codemirror/view";
import { useEffect, useMemo, useState } from "react";
import type { Answer } from "../api.ts";
import { optionsAt, type Schema } from "../schema.ts";
import { placeIn } from "../yaml-place.ts";
import { Editor } from "./editor.tsx";

export type Problem = Answer<"check">["errors"][number];

type YamlEditorProps = {
  readonly value: string;
  readonly onChange?: (value: string) => void;
  readonly label: string;
  readonly height: string;
  readonly readOnly?: boolean;
  readonly schema?: Schema | undefined;
  readonly problems?: readonly Problem[];
  /** The cursor goes there, each time that this is another object. */
  readonly goTo?: Problem | null;
};

const NONE: readonly Problem[] = [];

/** YAML with what may stand in each place, and what is wrong at its line. */
export function YamlEditor(props: YamlEditorProps) {
  const { schema, problems = NONE, goTo = null, ...more } = props;
  const [view, setView] = useState<EditorView | null>(null);
  const extensions = useMemo(
    (): readonly Extension[] => [yaml(), lintGutter(), ...completing(schema)],
    [schema],
  );
  useEffect(() => {
    if (view === null) return;
    const found = problems.map((problem) => diagnosticOf(view.state, problem));
    view.dispatch(setDiagnostics(view.state, found));
  }, [view, problems]);
  useEffect(() => {
    if (view === null || goTo === null) return;
    view.dispatch({ selection: { anchor: offsetOf(view.state, goTo) }, scrollIntoView: true });
    view.focus();
  }, [view, goTo]);
  return <Editor {...more} extensions={extensions} onView={setView} />;
}

type ChangesProps = {
  readonly before: string;
  readonly after: string;
  readonly label: string;
  readonly height: string;
};

/** What is taken away and what is added, in one text. */
export function Changes({ before, after, label, height }: ChangesProps) {
  const [isWhole, setIsWhole] = useState(false);
  const extensions = useMemo(
    () => [
      yaml(),
      unifiedMergeView({
        original: before,
        mergeControls: false,
        ...(!isWhole && { collapseUnchanged: { margin: 3, minSize: 6 } }),
      }),
    ],
    [before, isWhole],
  );
  // The older text is the state's own, so that another one takes another editor.
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <Editor
        key={`${isWhole}${before}`}
        value={after}
        label={label}
        height={height}
        extensions={extensions}
        readOnly
      />
      <label className="flex items-center gap-2 text-sm">
        <input
          type="checkbox"
          className="size-4 accent-accent"
          checked={isWhole}
          onChange={({ target }) => setIsWhole(target.checked)}
        />
        What has not changed as well
      </label>
    </div>
  );
}

function completing(schema: Schema | undefined): readonly Extension[] {
  if (schema === undefined) return [];
  const source = ({ state, pos, explicit }: CompletionContext) => {
    const place = placeIn(state.sliceDoc(0, pos));
    if (place.typed === "" && !explicit) return null;
    const options = optionsAt(schema, place).map(({ label, text, is, info }) => ({
      label,
      apply: text,
      type: is === "key" ? "property" : "enum",
      ...(info !== undefined && { info }),
    }));
    return options.length === 0 ? null : { from: pos - place.typed.length, options };
  };
  return [autocompletion({ override: [source], icons: false })];
}

function diagnosticOf(state: EditorState, problem: Problem): Diagnostic {
  const from = offsetOf(state, problem);
  const { to } = state.doc.lineAt(from);
  return { from, to, severity: "error", message: problem.message };
}

/** Lines and columns count from 1; the text may have become shorter since. */
function offsetOf({ doc }: EditorState, { line, column }: Problem): number {
  const at = doc.line(Math.min(Math.max(line ?? 1, 1), doc.lines));
  return Math.min(at.from + Math.max(column ?? 1, 1) - 1, at.to);
}
