// The syntax of each language in the editor. Each is a chunk of its own, loaded when it is needed.

import { StreamLanguage } from "@codemirror/language";

const stream = (load, name) => async () => StreamLanguage.define((await load())[name]);
const clike = (name) => stream(() => import("@codemirror/legacy-modes/mode/clike"), name);
const javascript = (options) => async () =>
  (await import("@codemirror/lang-javascript")).javascript(options);
const sql = (dialect) => async () => {
  const module = await import("@codemirror/lang-sql");
  return module.sql({ dialect: module[dialect] });
};
const cpp = async () => (await import("@codemirror/lang-cpp")).cpp();

const TWO = "  ";
const FOUR = "    ";
const TAB = "\t";

// Languages by the names that profiles have or may have.
const SYNTAXES = {
  assembly: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/gas"), "gas")],
  brainfuck: [TWO, stream(() => import("@codemirror/legacy-modes/mode/brainfuck"), "brainfuck")],
  c: [FOUR, clike("c")],
  chapel: [TWO, clike("cpp")],
  clojure: [TWO, stream(() => import("@codemirror/legacy-modes/mode/clojure"), "clojure")],
  coffeescript: [TWO, stream(() => import("@codemirror/legacy-modes/mode/coffeescript"), "coffeeScript")],
  cpp: [FOUR, cpp],
  crystal: [TWO, stream(() => import("@codemirror/legacy-modes/mode/crystal"), "crystal")],
  csharp: [FOUR, clike("csharp")],
  dart: [TWO, clike("dart")],
  elixir: [TWO, async () => (await import("codemirror-lang-elixir")).elixir()],
  erlang: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/erlang"), "erlang")],
  fsharp: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/mllike"), "fSharp")],
  go: [TAB, async () => (await import("@codemirror/lang-go")).go()],
  groovy: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/groovy"), "groovy")],
  haskell: [TWO, stream(() => import("@codemirror/legacy-modes/mode/haskell"), "haskell")],
  java: [FOUR, async () => (await import("@codemirror/lang-java")).java()],
  javascript: [TWO, javascript()],
  julia: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/julia"), "julia")],
  kotlin: [FOUR, clike("kotlin")],
  lisp: [TWO, stream(() => import("@codemirror/legacy-modes/mode/commonlisp"), "commonLisp")],
  lua: [TWO, stream(() => import("@codemirror/legacy-modes/mode/lua"), "lua")],
  objc: [FOUR, clike("objectiveC")],
  ocaml: [TWO, stream(() => import("@codemirror/legacy-modes/mode/mllike"), "oCaml")],
  perl: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/perl"), "perl")],
  // Solutions come without "<?php".
  php: [FOUR, async () => (await import("@codemirror/lang-php")).php({ plain: true })],
  postgres: [TWO, sql("PostgreSQL")],
  powershell: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/powershell"), "powerShell")],
  python: [FOUR, async () => (await import("@codemirror/lang-python")).python()],
  r: [TWO, stream(() => import("@codemirror/legacy-modes/mode/r"), "r")],
  racket: [TWO, stream(() => import("@codemirror/legacy-modes/mode/scheme"), "scheme")],
  ruby: [TWO, stream(() => import("@codemirror/legacy-modes/mode/ruby"), "ruby")],
  rust: [FOUR, async () => (await import("@codemirror/lang-rust")).rust()],
  sass: [TWO, async () => (await import("@codemirror/lang-sass")).sass({ indented: true })],
  scala: [TWO, clike("scala")],
  scss: [TWO, async () => (await import("@codemirror/lang-sass")).sass()],
  shell: [TWO, stream(() => import("@codemirror/legacy-modes/mode/shell"), "shell")],
  sql: [TWO, sql("SQLite")],
  swift: [FOUR, stream(() => import("@codemirror/legacy-modes/mode/swift"), "swift")],
  typescript: [TWO, javascript({ typescript: true })],
};

const ALSO = {
  asm: "assembly", gas: "assembly", nasm: "assembly", bash: "shell", sh: "shell", zsh: "shell",
  bf: "brainfuck", "c++": "cpp", "c#": "csharp", cs: "csharp", "f#": "fsharp", coffee: "coffeescript",
  commonlisp: "lisp", js: "javascript", node: "javascript", objectivec: "objc", "objective-c": "objc",
  postgresql: "postgres", sqlite: "sql", ts: "typescript",
};

// Tests in another language than the solution's.
const TESTS_IN = {
  brainfuck: "javascript", bf: "javascript", shell: "ruby", bash: "ruby", sql: "ruby", postgres: "ruby",
};

const key = (language) => (Object.hasOwn(SYNTAXES, language) ? language : Object.hasOwn(ALSO, language) ? ALSO[language] : "");

// {indent, load()}: load gives CodeMirror's extension; an unknown language has none.
export function syntaxOf(language) {
  const [indent, load] = SYNTAXES[key(language)] ?? [FOUR, async () => []];
  return { indent, load };
}

// The language of a language's tests and of their preloaded code.
export function testLanguage(language) {
  return TESTS_IN[language] ?? language;
}
