// The three lists on top: language, version, framework.

import { byId, element } from "./dom.js";

// The framework of a run without tests.
export const PROGRAM = "";

export class Choices {
  #languages = [];
  #language = byId("language");
  #version = byId("version");
  #framework = byId("framework");

  // languageChanged() and changed() are called after a choice of the user.
  constructor({ languageChanged, changed }) {
    this.#language.addEventListener("change", languageChanged);
    this.#version.addEventListener("change", changed);
    this.#framework.addEventListener("change", changed);
  }

  set languages(languages) {
    this.#languages = languages;
    const titled = [...languages].sort((a, b) => titleOf(a).localeCompare(titleOf(b)));
    this.#language.replaceChildren(
      ...titled.map((language) => option(language.name, titleOf(language), language.versions.some(isThere))),
    );
  }

  get language() {
    return this.#language.value;
  }

  get version() {
    return this.#version.value;
  }

  get framework() {
    return this.#framework.value;
  }

  // The profile's name for a language or one of its aliases; "" where there is none.
  nameOf(language) {
    const found = this.#languages.find(
      ({ name, aliases }) => name === language || aliases?.some((alias) => (alias.name ?? alias) === language),
    );
    return found?.name ?? "";
  }

  // The language to begin with.
  get first() {
    const usable = this.#languages.filter(({ versions }) => versions.some(isThere));
    return (usable.find(({ name }) => name === "python") ?? usable[0] ?? this.#languages[0])?.name ?? "";
  }

  // Shows a language with the wanted version and framework, or with the first ones.
  select(name, { version, framework } = {}) {
    const language = this.#languages.find((candidate) => candidate.name === name);
    this.#language.value = name;
    this.#version.replaceChildren(
      ...language.versions.map((each) => option(each.version, each.version, isThere(each))),
    );
    choose(this.#version, version, language.versions.find(isThere)?.version);
    // A profile may have a framework once for each of its versions.
    const names = [...new Set(language.frameworks.map((each) => each.name))];
    this.#framework.replaceChildren(
      ...names.map((each) => option(each, each, true)),
      option(PROGRAM, "none, just run it", true),
    );
    choose(this.#framework, framework, names[0] ?? PROGRAM);
  }
}

const titleOf = ({ title, name }) => title || name;
const isThere = ({ available }) => available !== false;

function option(value, text, available) {
  return element("option", { value, disabled: !available }, available ? text : `${text} (image not built)`);
}

function choose(select, wanted, otherwise) {
  const values = [...select.options].filter((each) => !each.disabled).map((each) => each.value);
  select.value = values.includes(wanted) ? wanted : (otherwise ?? select.options[0]?.value ?? "");
}
