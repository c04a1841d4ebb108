// The output of a program on one stream. The page draws the beginning during the run and the end after
// it. The rest, often megabytes, is only kept for download.

import { AnsiText } from "./ansi.js";
import { element } from "./dom.js";

const MAX_HEAD = 200_000; // characters
const MAX_TAIL = 20_000;
const MAX_KEPT = 32 << 20;
// The shortest time between two draws, in ms: a program may print one line at a time.
const INTERVAL_MS = 50;

export class OutputView {
  #section;
  #pre;
  #note;
  #name;
  #timer = 0;

  constructor(section, name) {
    this.#section = section;
    this.#name = name;
    this.#pre = section.querySelector("pre");
    this.#note = section.querySelector(".note");
    section.querySelector("button").addEventListener("click", () => this.#download());
    this.clear();
  }

  clear() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#pieces = [];
    this.length = 0;
    this.#kept = 0;
    this.#drawn = 0;
    this.#waiting = "";
    this.#ansi = new AnsiText();
    this.#decoder = new TextDecoder();
    this.#pre.replaceChildren();
    this.#note.textContent = "";
    this.#section.hidden = true;
  }

  // An output event; returns its text.
  add(event) {
    const text =
      event.base64 === undefined
        ? (event.text ?? "")
        : this.#decoder.decode(Uint8Array.from(atob(event.base64), (c) => c.charCodeAt(0)), { stream: true });
    this.#take(text);
    return text;
  }

  // Shows this text and nothing else.
  replace(text) {
    this.clear();
    this.#take(text);
  }

  // The stream has ended.
  end(truncated = false) {
    this.#draw();
    const more = this.length - this.#drawn;
    if (more > 0) {
      const tail = this.text().slice(this.#drawn).slice(-MAX_TAIL);
      const skipped = more - tail.length;
      if (skipped > 0)
        this.#pre.append(element("span", { class: "gap" }, `\n… ${count(skipped)} not drawn …\n`));
      this.#pre.append(this.#ansi.render(tail));
    }
    const notes = [];
    if (more > 0) notes.push(`${count(this.length)} in all; the page draws the beginning and the end.`);
    if (truncated) notes.push("Some of the output is missing: there was more than the service keeps.");
    this.#note.textContent = notes.join(" ");
    if (truncated) this.#section.hidden = false;
  }

  text() {
    return this.#pieces.join("");
  }

  #pieces;
  #kept;
  #drawn;
  #waiting;
  #ansi;
  #decoder;

  #take(text) {
    if (!text) return;
    this.#section.hidden = false;
    this.length += text.length;
    if (this.#kept < MAX_KEPT) {
      this.#pieces.push(text);
      this.#kept += text.length;
    }
    const room = MAX_HEAD - this.#drawn - this.#waiting.length;
    if (room <= 0) return;
    this.#waiting += text.slice(0, room);
    this.#timer ||= setTimeout(() => this.#draw(), INTERVAL_MS);
  }

  #draw() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#waiting) return;
    this.#drawn += this.#waiting.length;
    this.#pre.append(this.#ansi.render(this.#waiting));
    this.#waiting = "";
    if (this.length > this.#drawn) this.#note.textContent = "There is more than is drawn here.";
  }

  #download() {
    const url = URL.createObjectURL(new Blob([this.text()], { type: "text/plain" }));
    element("a", { href: url, download: `${this.#name}.txt` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }
}

const count = (number) => `${number.toLocaleString("en")} characters`;
