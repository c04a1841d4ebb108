// Terminal colours as spans with classes. Every other control sequence is dropped, and what remains
// is text.

import { element } from "./dom.js";

// CSI (parameters, intermediates, final), OSC and the like up to BEL or ST, two-character escapes;
// unfinished ones reach to the end.
const SEQUENCE =
  /(?:\x1b\[|\x9b)([0-?]*)[ -/]*([@-~]|$)|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\|$)|\x1b[ -/]*[0-~]?|\r(?=\n)|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f]/g;
// An unfinished sequence at the end of a piece, which the next piece may finish. Longer ones are not
// colours.
const UNFINISHED = /(?:\x1b(?:\[[0-?]{0,64}[ -/]{0,4})?|\r)$/;

export class AnsiText {
  #style = plain();
  #rest = "";

  // A fragment for this piece of the text. Styles and unfinished sequences carry over to the next.
  render(piece) {
    const fragment = document.createDocumentFragment();
    let text = this.#rest + piece;
    const unfinished = UNFINISHED.exec(text);
    this.#rest = unfinished ? unfinished[0] : "";
    if (unfinished) text = text.slice(0, unfinished.index);
    let at = 0;
    for (const match of text.matchAll(SEQUENCE)) {
      this.#append(fragment, text.slice(at, match.index));
      at = match.index + match[0].length;
      if (match[2] === "m") this.#select(match[1]);
    }
    this.#append(fragment, text.slice(at));
    return fragment;
  }

  #append(fragment, text) {
    if (!text) return;
    // A lone CR goes back to the beginning of the line; here it begins a new line.
    const shown = text.replaceAll("\r", "\n");
    const name = className(this.#style);
    fragment.append(name ? element("span", { class: name }, shown) : shown);
  }

  #select(parameters) {
    const codes = parameters.split(/[;:]/).map(Number);
    const style = this.#style;
    for (let i = 0; i < codes.length; ++i) {
      const code = codes[i];
      if (!(code > 0)) Object.assign(style, plain());
      else if (code === 1) style.bold = true;
      else if (code === 2) style.faint = true;
      else if (code === 3) style.italic = true;
      else if (code === 4) style.underline = true;
      else if (code === 7) style.inverse = true;
      else if (code === 9) style.strike = true;
      else if (code === 22) style.bold = style.faint = false;
      else if (code === 23) style.italic = false;
      else if (code === 24) style.underline = false;
      else if (code === 27) style.inverse = false;
      else if (code === 29) style.strike = false;
      else if (code === 39) style.front = null;
      else if (code === 49) style.back = null;
      else if (code >= 30 && code <= 37) style.front = code - 30;
      else if (code >= 90 && code <= 97) style.front = code - 90;
      else if (code >= 40 && code <= 47) style.back = code - 40;
      else if (code >= 100 && code <= 107) style.back = code - 100;
      else if (code === 38 || code === 48) {
        const [color, used] = extended(codes.slice(i + 1));
        style[code === 38 ? "front" : "back"] = color;
        i += used;
      }
    }
  }
}

function plain() {
  return {
    bold: false, faint: false, italic: false, underline: false, inverse: false, strike: false,
    front: null, back: null,
  };
}

function className(style) {
  const names = [];
  for (const word of ["bold", "faint", "italic", "underline", "strike"])
    if (style[word]) names.push(`ansi-${word}`);
  if (style.back !== null) names.push(`ansi-back-${style.back}`);
  else if (style.inverse) names.push(style.front === null ? "ansi-inverse" : `ansi-back-${style.front}`);
  else if (style.front !== null) names.push(`ansi-${style.front}`);
  return names.join(" ");
}

// The nearest of the eight colours that are readable on both themes.
function extended(codes) {
  if (codes[0] === 5) return [ofPalette(codes[1] ?? 0), 2];
  if (codes[0] === 2) return [ofRgb(codes[1] ?? 0, codes[2] ?? 0, codes[3] ?? 0), 4];
  return [null, 0];
}

function ofPalette(index) {
  if (index < 16) return index % 8;
  if (index >= 232) return index < 244 ? 0 : 7;
  const cube = index - 16;
  return ofRgb(Math.floor(cube / 36) * 51, (Math.floor(cube / 6) % 6) * 51, (cube % 6) * 51);
}

function ofRgb(red, green, blue) {
  const half = Math.max(red, green, blue) / 2;
  if (half < 24) return 0;
  return (red > half ? 1 : 0) + (green > half ? 2 : 0) + (blue > half ? 4 : 0);
}
