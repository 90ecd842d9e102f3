import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { lintKeymap } from "@codemirror/lint";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, lineNumbers } from "@codemirror/view";
import { useEffect, useRef } from "react";
import { colours, look } from "./editor-look.ts";

type EditorProps = {
  readonly value: string;
  readonly onChange?: (value: string) => void;
  /** Its accessible name. */
  readonly label: string;
  /** Language, completion, errors. The same array means that nothing changed: keep it. */
  readonly extensions?: readonly Extension[];
  readonly readOnly?: boolean;
  /** Classes that say how high it is: `h-96`, or `min-h-40 max-h-96`. */
  readonly height: string;
  /** Calls that others make: to a line, say. Null when it is gone. */
  readonly onView?: (view: EditorView | null) => void;
};

const NONE: readonly Extension[] = [];

/**
 * A text editor that keeps its styles in a shadow root, by `adoptedStyleSheets`: our pages allow no
 * inline style. Tab leaves it (WCAG 2.1.2); Mod-] and Mod-[ indent, and Ctrl-m lends Tab to it.
 */
export function Editor(props: EditorProps) {
  const { value, label, extensions = NONE, readOnly = false, height, onView } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const settings = useRef(new Compartment());
  const latest = useRef(props);
  useEffect(() => {
    latest.current = props;
  });
  useEffect(() => {
    if (host.current === null) return;
    const changed = (text: string) => latest.current.onChange?.(text);
    const made = mounted(host.current, latest.current.value, settings.current, changed);
    view.current = made;
    return () => {
      view.current = null;
      made.destroy();
    };
  }, []);
  useEffect(() => {
    const set = settingsOf({ label, extensions, readOnly });
    view.current?.dispatch({ effects: settings.current.reconfigure(set) });
  }, [label, extensions, readOnly]);
  useEffect(() => {
    if (view.current !== null) showText(view.current, value);
  }, [value]);
  useEffect(() => {
    onView?.(view.current);
    return () => onView?.(null);
  }, [onView]);
  return <div ref={host} className={`flex min-w-0 flex-col ${height}`} />;
}

function mounted(
  host: HTMLElement,
  doc: string,
  settings: Compartment,
  changed: (text: string) => void,
): EditorView {
  // React's strict mode mounts twice, and a shadow root is for ever.
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const told = EditorView.updateListener.of(({ docChanged, state }) => {
    if (docChanged) changed(state.doc.toString());
  });
  const extensions = [common, settings.of([]), told];
  return new EditorView({ state: EditorState.create({ doc, extensions }), root, parent: root });
}

/** What every editor has. Tab is bound to nothing: it goes on to what stands behind. */
const common: Extension = [
  lineNumbers(),
  history(),
  bracketMatching(),
  closeBrackets(),
  EditorView.lineWrapping,
  look,
  syntaxHighlighting(colours),
  keymap.of([
    ...closeBracketsKeymap,
    ...defaultKeymap,
    ...historyKeymap,
    ...completionKeymap,
    ...lintKeymap,
  ]),
];

type Settings = Pick<EditorProps, "label"> & Required<Pick<EditorProps, "extensions" | "readOnly">>;

const settingsOf = ({ label, extensions, readOnly }: Settings): Extension => [
  // What is editable can be reached without the number; checkers of pages look for it.
  EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
  EditorState.readOnly.of(readOnly),
  ...extensions,
];

/** Undo takes it back; whoever typed that very text already keeps her place. */
function showText(view: EditorView, value: string): void {
  const { doc } = view.state;
  if (doc.toString() === value) return;
  view.dispatch({ changes: { from: 0, to: doc.length, insert: value } });
}
