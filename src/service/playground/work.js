// The texts of the user, by language. This browser keeps the texts that differ from the example.

import { PROGRAM } from "./choices.js";
import { forget, load, save } from "./storage.js";

const PARTS = ["solution", "setup", "fixture"];
const FIELDS = ["stdin", "arguments", "timeout"];

export class Work {
  // Set while the page shows the content of a link. Changes then go into the link, and not over the
  // texts that this browser keeps.
  linked = false;

  #examples;
  #language = "";
  #framework = PROGRAM;
  #kept = empty();

  constructor(examples) {
    this.#examples = examples;
  }

  // The last choices for a language.
  static choices(language) {
    const { version, framework } = { ...empty(), ...load(`work.${language}`) };
    return { version, framework };
  }

  open(language) {
    this.#language = language;
    const kept = load(`work.${language}`);
    this.#kept = { ...empty(), ...kept, texts: { ...kept?.texts }, fields: { ...kept?.fields } };
  }

  // The content of a link: {version, framework, solution, setup, fixture, stdin, arguments, timeout}.
  openLinked(language, brought) {
    this.#language = language;
    this.#kept = { ...empty(), version: brought.version, framework: brought.framework };
    this.linked = true;
    this.#framework = brought.framework;
    this.store(Object.fromEntries([...PARTS, ...FIELDS].map((name) => [name, text(brought[name])])));
  }

  // The texts of the language under a framework.
  texts(framework) {
    this.#framework = framework;
    const texts = {};
    for (const part of PARTS) texts[part] = this.#kept.texts[this.#key(part)] ?? this.#example(part);
    for (const field of FIELDS)
      texts[field] = this.#kept.fields[this.#key(field)] ?? (field === "stdin" ? this.#example("stdin") : "");
    return texts;
  }

  // Keeps the texts of the framework shown. Returns whether the browser could.
  store(texts, version) {
    for (const part of PARTS) this.#put(this.#kept.texts, part, texts[part], this.#example(part));
    for (const field of FIELDS)
      this.#put(this.#kept.fields, field, texts[field], field === "stdin" ? this.#example("stdin") : "");
    this.#kept.version = version ?? this.#kept.version;
    this.#kept.framework = this.#framework;
    return this.linked || save(`work.${this.#language}`, this.#kept);
  }

  // Back to the example.
  reset() {
    this.#kept = { ...empty(), version: this.#kept.version, framework: this.#framework };
    if (this.linked) return;
    forget(`work.${this.#language}`);
  }

  #put(where, name, value, usual) {
    if (value === usual) delete where[this.#key(name)];
    else where[this.#key(name)] = value;
  }

  #of(framework) {
    return this.#examples[this.#language]?.frameworks?.[framework || "program"] ?? {};
  }

  #example(part) {
    const own = this.#of(this.#framework)[part];
    if (own !== undefined) return own;
    const shared = this.#framework === PROGRAM || part === "fixture" ? undefined : this.#examples[this.#language]?.[part];
    return shared ?? "";
  }

  // Frameworks share a solution, unless one has an example of its own; tests belong to one framework.
  #key(part) {
    if (this.#framework === PROGRAM) return `${part}/program`;
    const own = part === "fixture" || this.#of(this.#framework)[part] !== undefined;
    return `${part}/${own ? `under ${this.#framework}` : "tests"}`;
  }
}

const empty = () => ({ version: undefined, framework: undefined, texts: {}, fields: {} });
const text = (value) => (typeof value === "string" ? value : "");
