// An editor of one text: CodeMirror with the extensions that a small program needs.

import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { Compartment, EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { StyleModule } from "style-mod";

import { syntaxOf } from "./syntax.js";

// CodeMirror would put its rules into a <style> element, which the page's policy forbids.
// Constructed style sheets are allowed.
const mounted = new Set();
StyleModule.mount = (root, modules) => {
  const wanted = (Array.isArray(modules) ? modules : [modules]).filter((module) => !mounted.has(module));
  if (wanted.length === 0) return;
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(wanted.map((module) => module.getRules()).join("\n"));
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  for (const module of wanted) mounted.add(module);
};

// Left to itself, Chromium joins the lines around a selection that is typed over with style attributes,
// which CodeMirror throws away and the page's policy reports.
function typeOverSelection(event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (event.inputType !== "insertText" || !event.data || event.isComposing || !event.cancelable || empty) return false;
  event.preventDefault();
  const typed = () =>
    view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type", scrollIntoView: true });
  const handlers = view.state.facet(EditorView.inputHandler);
  if (!handlers.some((handler) => handler(view, from, to, event.data, typed))) view.dispatch(typed());
  return true;
}

export class Editor {
  #view;
  #usual; // extensions that never change
  #syntax = new Compartment();
  #indent = new Compartment();
  #language = "";
  #quiet = false;

  // changed() is called when the user changed the text, run() on Ctrl+Enter.
  constructor(parent, { label, describedBy, changed, run }) {
    this.#usual = [
      // Tab indents. Escape and then Tab leaves the editor (CodeMirror has that), and so does Tab
      // after Ctrl+M; the page says so.
      keymap.of([
        { key: "Mod-Enter", run: () => (run(), true) },
        ...closeBracketsKeymap,
        ...defaultKeymap,
        ...historyKeymap,
        indentWithTab,
      ]),
      lineNumbers(),
      history(),
      drawSelection({ cursorBlinkRate: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 1200 }),
      highlightActiveLine(),
      indentOnInput(),
      bracketMatching(),
      closeBrackets(),
      syntaxHighlighting(classHighlighter),
      EditorView.lineWrapping,
      EditorView.domEventHandlers({ beforeinput: typeOverSelection }),
      EditorView.contentAttributes.of({
        "aria-label": label,
        "aria-describedby": describedBy,
        autocapitalize: "off",
        autocorrect: "off",
        spellcheck: "false",
        // It is focusable anyway; with this, tools see it too.
        tabindex: "0",
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !this.#quiet) changed();
      }),
    ];
    this.#view = new EditorView({ parent, state: this.#state("", [], []) });
  }

  get text() {
    return this.#view.state.doc.toString();
  }

  // Sets another text. Undo does not return to the old one.
  load(text) {
    if (text === this.text) return;
    const { state } = this.#view;
    this.#view.setState(this.#state(text, this.#syntax.get(state), this.#indent.get(state)));
  }

  // Sets another text. Undo returns to the old one.
  replace(text) {
    this.#quiet = true;
    this.#view.dispatch({ changes: { from: 0, to: this.#view.state.doc.length, insert: text } });
    this.#quiet = false;
  }

  async setLanguage(language) {
    if (language === this.#language) return;
    this.#language = language;
    const { indent, load } = syntaxOf(language);
    this.#view.dispatch({ effects: this.#indent.reconfigure(indentUnit.of(indent)) });
    const syntax = await load().catch(() => []); // offline: plain text serves as well
    if (language === this.#language) this.#view.dispatch({ effects: this.#syntax.reconfigure(syntax) });
  }

  #state(doc, syntax, indent) {
    return EditorState.create({ doc, extensions: [this.#usual, this.#syntax.of(syntax), this.#indent.of(indent)] });
  }
}
