import { HighlightStyle } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** By the colours of style.css, which are inherited into a shadow root, in both themes. */
export const colours = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.propertyName, tags.definition(tags.propertyName)],
    color: "var(--color-accent)",
  },
  { tag: [tags.string, tags.number, tags.bool, tags.null], color: "var(--color-warn)" },
  { tag: [tags.typeName, tags.labelName, tags.special(tags.name)], color: "var(--color-name)" },
  { tag: [tags.comment, tags.meta], color: "var(--color-muted)", fontStyle: "italic" },
  { tag: tags.invalid, color: "var(--color-danger)" },
]);

const panel = {
  border: "1px solid var(--color-edge)",
  backgroundColor: "var(--color-card)",
  color: "var(--color-ink)",
};

/** `&` is the editor itself. What CodeMirror colours by itself is coloured anew. */
export const look = EditorView.theme({
  "&": {
    flex: "1 1 auto",
    minHeight: "0",
    border: "1px solid var(--color-edge)",
    borderRadius: "0.5rem",
    backgroundColor: "var(--color-card)",
    color: "var(--color-ink)",
    fontSize: "0.875rem",
  },
  "&.cm-focused": { outline: "2px solid var(--color-accent)", outlineOffset: "2px" },
  ".cm-scroller": { overflow: "auto", fontFamily: "var(--font-mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--color-ink)", padding: "0.5rem 0" },
  ".cm-line": { padding: "0 0.75rem" },
  ".cm-gutters": {
    backgroundColor: "var(--color-sunk)",
    color: "var(--color-muted)",
    borderRight: "1px solid var(--color-line)",
  },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--color-wash)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--color-danger-wash)" },
  ".cm-tooltip": { ...panel, borderRadius: "0.5rem", maxWidth: "min(32rem, 90vw)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--font-mono)" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "0.25rem 0.5rem" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": {
    backgroundColor: "var(--color-accent)",
    color: "var(--color-on-accent)",
  },
  ".cm-completionDetail": { color: "inherit" },
  ".cm-panels": panel,
  ".cm-diagnostic": { padding: "0.375rem 0.75rem", whiteSpace: "pre-wrap" },
  ".cm-diagnostic-error": { borderLeft: "4px solid var(--color-danger)" },
  ".cm-diagnostic-warning": { borderLeft: "4px solid var(--color-warn)" },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--color-danger)",
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--color-warn)",
  },
  ".cm-changedLine, .cm-insertedLine": { backgroundColor: "var(--color-good-wash)" },
  ".cm-deletedChunk": { backgroundColor: "var(--color-danger-wash)", padding: "0 0.75rem" },
  ".cm-changedText, .cm-insertedLine .cm-changedText": {
    background: "none",
    textDecoration: "underline 2px var(--color-good)",
  },
  ".cm-deletedText, .cm-deletedChunk .cm-deletedText": {
    background: "none",
    textDecoration: "line-through 2px var(--color-danger)",
  },
  ".cm-collapsedLines": {
    background: "var(--color-sunk)",
    color: "var(--color-muted)",
    padding: "0.25rem 0.75rem",
  },
});
