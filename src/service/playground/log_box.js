// The boxes that tests log: LOG opens one, TAB adds a part to the last, OUT is text without a box,
// PROP a property of the part before. In every mode the content is shown as text or as a table made
// here. HTML and scripts are not interpreted, and addresses are not loaded.

import { AnsiText } from "./ansi.js";
import { element, shortened } from "./dom.js";

const MAX_TEXT = 20_000;
const MAX_ROWS = 100;
const MAX_COLUMNS = 30;
const MAX_CELL = 1000;
const MAX_PARTS = 50;

const AS_TEXT = { HTML: "HTML", MARKDOWN: "Markdown", SCRIPT: "script address", CHART: "chart data" };

export class LogBoxes {
  #parent;
  #box = null;
  #parts = 0;
  #texts = new Map(); // label -> text, of this box

  constructor(parent) {
    this.#parent = parent;
  }

  add(log) {
    if (log.tag === "PROP") this.#addProperty(log);
    else if (log.tag === "OUT") this.#parent.append(content(log));
    else if (log.tag === "TAB" && this.#box) this.#addPart(log);
    else this.#open(log);
  }

  #open(log) {
    const collapsed = log.label.startsWith("-");
    const label = (collapsed ? log.label.slice(1) : log.label).trim();
    const title = element("summary", { class: "log-title" }, shortened(label || "Log", 200), note(log.mode));
    this.#box = element("details", { class: "log", open: !collapsed }, title, content(log));
    this.#parts = 1;
    this.#texts = new Map([[label, log.text]]);
    this.#parent.append(this.#box);
  }

  #addPart(log) {
    if (++this.#parts > MAX_PARTS) return;
    if (log.mode === "DIFF" && !log.text) {
      const [before, after] = [this.#texts.get("Expected"), this.#texts.get("Actual")];
      if (before === undefined || after === undefined) return;
      this.#box.append(element("p", { class: "log-title" }, log.label || "Diff"), difference(before, after));
      return;
    }
    this.#texts.set(log.label, log.text);
    this.#box.append(element("p", { class: "log-title" }, shortened(log.label, 200), note(log.mode)), content(log));
  }

  #addProperty(log) {
    const [name, value] = log.label ? [log.label, log.text] : ["property", log.text];
    (this.#box ?? this.#parent).append(
      element("p", { class: "property" }, `${shortened(name, 200)}: ${shortened(value, MAX_CELL)}`),
    );
  }
}

function note(mode) {
  const name = AS_TEXT[mode.toUpperCase()];
  return name ? element("span", { class: "chip" }, `${name}, shown as text`) : null;
}

function content({ mode, text }) {
  if (mode === "TABLE" || mode === "JSON") {
    let value;
    try {
      value = JSON.parse(text);
    } catch {
      return plain(text);
    }
    const made = mode === "TABLE" ? table(value) : null;
    return made ?? plain(JSON.stringify(value, null, 2));
  }
  return plain(text);
}

function plain(text) {
  const pre = element("pre");
  pre.append(new AnsiText().render(shortened(text, MAX_TEXT)));
  return pre;
}

// Rows are objects, or lists; null where they are neither.
function table(rows) {
  if (!Array.isArray(rows) || rows.length === 0) return null;
  if (!rows.every((row) => row && typeof row === "object")) return null;
  const shown = rows.slice(0, MAX_ROWS);
  const names = [...new Set(shown.flatMap((row) => Object.keys(row)))].slice(0, MAX_COLUMNS);
  const cell = (value) =>
    shortened(typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value), MAX_CELL);
  const head = element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, shortened(name, 200))));
  const body = shown.map((row) =>
    element("tr", {}, ...names.map((name) => element("td", {}, cell(Object.hasOwn(row, name) ? row[name] : undefined)))),
  );
  const made = element("table", {}, element("thead", {}, head), element("tbody", {}, ...body));
  if (rows.length > MAX_ROWS) made.append(element("caption", {}, `The first ${MAX_ROWS} of ${rows.length} rows`));
  return element("div", { class: "table", tabindex: 0, role: "region", "aria-label": "Logged table" }, made);
}

// A difference by lines: the common beginning and end are unchanged, the lines between are replaced.
function difference(expected, actual) {
  const [a, b] = [expected, actual].map((text) => shortened(text, MAX_TEXT).split("\n"));
  let begin = 0;
  while (begin < a.length && begin < b.length && a[begin] === b[begin]) ++begin;
  let end = 0;
  while (end < a.length - begin && end < b.length - begin && a[a.length - 1 - end] === b[b.length - 1 - end]) ++end;
  const pre = element("pre", { class: "difference" });
  const put = (lines, sign, name) => {
    for (const line of lines) pre.append(element("span", { class: name }, `${sign} ${line}\n`));
  };
  put(a.slice(0, begin), " ", "same");
  put(a.slice(begin, a.length - end), "-", "removed");
  put(b.slice(begin, b.length - end), "+", "added");
  put(a.slice(a.length - end), " ", "same");
  return pre;
}
