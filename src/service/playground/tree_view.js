// Draws the tree of tests as nested lists. Each test and group is a disclosure element, which browsers
// and screen readers support.

import { AnsiText } from "./ansi.js";
import { element, milliseconds, shortened, unseen } from "./dom.js";
import { LogBoxes } from "./log_box.js";

// A page with more elements than this gets slow. The rest is counted and not drawn.
const MAX_ITEMS = 3000;
const MAX_MESSAGE = 10_000;
const MAX_NAME = 1000;
const MAX_PRINTED = 20_000;

const OUTCOMES = {
  none: ["○", "No result"],
  running: ["…", "Running"],
  skipped: ["–", "Skipped"],
  passed: ["✓", "Passed"],
  failed: ["✗", "Failed"],
  error: ["!", "Error"],
};

export class TreeView {
  undrawn = 0;
  #root;
  #items = 0;
  #drawn = new Map(); // node -> its elements

  constructor(root) {
    this.#root = root;
    root.replaceChildren();
  }

  opened(node) {
    const parent = node.parent && this.#drawn.get(node.parent);
    if (!this.#mayDraw() || (node.parent?.parent && !parent)) return;
    const mark = element("span", { class: "mark", "aria-hidden": true });
    const word = unseen("");
    const name = element("span", { class: "name" }, shortened(node.name, MAX_NAME));
    const chips = element("span", { class: "chips" });
    const time = element("span", { class: "time" });
    const row = element("div", { class: "row" }, mark, word, name, chips, time);
    const parts = { item: element("li", { class: node.kind }, row), row, mark, word, name, chips, time };
    this.#drawn.set(node, parts);
    this.#show(parts, node.name || node.kind === "group" ? "running" : "none");
    if (parent) last(this.#body(parent, true), "tree", () => element("ul", { class: "tree" })).append(parts.item);
    else this.#root.append(parts.item);
  }

  closed(node) {
    const parts = this.#drawn.get(node);
    if (!parts) return;
    if (node.milliseconds !== undefined && node.milliseconds !== null)
      parts.time.textContent = milliseconds(node.milliseconds);
    this.#show(parts, node.outcome);
  }

  judged(node, outcome) {
    const parts = this.#drawn.get(node);
    if (!parts) return;
    this.#show(parts, outcome);
    if (parts.details && isBad(outcome)) parts.details.open = true;
  }

  asserted(node, { outcome, message }) {
    const parts = this.#drawn.get(node);
    if (!parts) return;
    // A test without a name is its first assertion.
    if (!node.name && node.assertions.length === 1) {
      parts.name.append(shortened(message, MAX_MESSAGE));
      return;
    }
    if (!this.#mayDraw()) return;
    const [mark, word] = OUTCOMES[outcome] ?? OUTCOMES.none;
    const body = this.#body(parts, isBad(outcome));
    last(body, "assertions", () => element("ul", { class: "assertions" })).append(
      element(
        "li",
        { class: outcome },
        element("span", { class: "mark", "aria-hidden": true }, mark),
        unseen(`${word}: `),
        element("span", { class: "message" }, shortened(message, MAX_MESSAGE)),
      ),
    );
  }

  logged(node, log) {
    const parts = this.#drawn.get(node);
    if (!parts || !this.#mayDraw()) return;
    parts.boxes ??= new LogBoxes(this.#body(parts, isBad(node.outcome)));
    parts.boxes.add(log);
    if (node.kind === "test") chip(parts, "log");
  }

  printed(node, text) {
    const parts = this.#drawn.get(node);
    if (!parts) return;
    parts.left ??= MAX_PRINTED;
    parts.ansi ??= new AnsiText();
    if (parts.left <= 0 || !this.#mayDraw()) return;
    const box = last(this.#body(parts, isBad(node.outcome)), "printed", () =>
      element("div", { class: "log printed" }, element("p", { class: "log-title" }, "Printed"), element("pre")),
    );
    const pre = box.lastElementChild;
    pre.append(parts.ansi.render(text.slice(0, parts.left)));
    if (text.length > parts.left) pre.append("\n… the rest is below, under Output");
    parts.left -= text.length;
    if (node.kind === "test") chip(parts, "output");
  }

  // The run is over. Tests that are still open did not finish.
  ended(nodes) {
    for (const node of nodes) {
      const parts = this.#drawn.get(node);
      if (parts && node.outcome === "none") this.#show(parts, "none");
    }
  }

  setOpen(open) {
    for (const { details } of this.#drawn.values()) if (details) details.open = open;
  }

  #mayDraw() {
    if (++this.#items <= MAX_ITEMS) return true;
    ++this.undrawn;
    return false;
  }

  // The element for the content of an item. An item becomes a disclosure element when it gets content.
  #body(parts, open) {
    if (!parts.body) {
      parts.body = element("div", { class: "body" });
      const summary = element("summary", { class: "row" }, ...parts.row.childNodes);
      parts.details = element("details", { open }, summary, parts.body);
      parts.row.replaceWith(parts.details);
    }
    return parts.body;
  }

  #show(parts, outcome) {
    const [mark, word] = OUTCOMES[outcome] ?? OUTCOMES.none;
    parts.item.classList.remove(...Object.keys(OUTCOMES));
    parts.item.classList.add(outcome);
    parts.mark.textContent = mark;
    parts.word.textContent = `${word}: `;
  }
}

const isBad = (outcome) => outcome === "failed" || outcome === "error";

// The last part of a body if it is of that kind, else a new one: parts keep the order they came in.
function last(body, name, make) {
  const found = body.lastElementChild;
  return found?.classList.contains(name) ? found : body.appendChild(make());
}

function chip(parts, text) {
  if ([...parts.chips.children].some((present) => present.textContent === text)) return;
  parts.chips.append(element("span", { class: "chip" }, text));
}
