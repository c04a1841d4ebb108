// The editor's colours, also for languages that this service does not have.

import assert from "node:assert/strict";

const LANGUAGES = ["assembly", "brainfuck", "c", "chapel", "clojure", "coffeescript", "cpp", "crystal", "csharp", "dart", "elixir", "erlang",
  "fsharp", "go", "groovy", "haskell", "java", "javascript", "julia", "kotlin", "lisp", "lua", "objc", "ocaml", "perl", "php", "postgres",
  "powershell", "python", "r", "racket", "ruby", "rust", "sass", "scala", "scss", "shell", "sql", "swift", "typescript"];
// A text with elements of many languages: each language knows some of them.
const TEXT = 'if "text" 42 -- [>+<] true\n$color: #fff\nmov eax, 1\n(define x 1)';

export default function (test) {
  test("every language has its syntax, loaded when it is chosen", async (playground) => {
    const { page } = playground;
    const scripts = new Set();
    page.on("request", (request) => request.url().endsWith(".js") && scripts.add(request.url()));
    await page.route("**/v1/languages", (route) =>
      route.fulfill({
        json: {
          languages: [...LANGUAGES, "unheard-of"].map((name) => ({
            name, title: name.toUpperCase(), aliases: [], versions: [{ version: "1", names: [], image: name, available: true }], frameworks: [],
          })),
        },
      }),
    );
    await playground.open();
    const atFirst = scripts.size;
    assert.ok(atFirst < 12, [...scripts].join());
    const plain = [];
    for (const language of LANGUAGES) {
      await playground.choose({ language });
      await playground.write("Solution", TEXT);
      await page.locator("#solution [class*=tok-]").first().waitFor({ timeout: 5000 }).catch(() => plain.push(language));
    }
    assert.deepEqual(plain, []);
    assert.ok(scripts.size > atFirst + 20);
    await playground.choose({ language: "unheard-of" });
    await playground.write("Solution", TEXT);
    await page.waitForFunction(() => document.querySelectorAll("#solution [class*=tok-]").length === 0);
  });

  test("a language that is not there cannot be chosen", async (playground) => {
    const { page } = playground;
    const version = (name, available) => ({ version: name, names: [], image: name, available });
    await page.route("**/v1/languages", (route) =>
      route.fulfill({
        json: {
          languages: [
            { name: "gone", title: "Gone", aliases: [], versions: [version("1", false)], frameworks: [] },
            { name: "half", title: "Half", aliases: ["h"], versions: [version("new", false), version("old", true)], frameworks: [{ name: "f", aliases: [] }, { name: "g", aliases: [] }] },
          ],
        },
      }),
    );
    await playground.open();
    // Tests belong to one framework even without an example.
    await playground.write("Tests", "tests of f");
    await playground.choose({ framework: "g" });
    assert.equal((await playground.text("Tests")).trim(), "");
    await playground.choose({ framework: "f" });
    assert.equal(await playground.text("Tests"), "tests of f");
    assert.equal(await page.getByLabel("Language").inputValue(), "half");
    assert.equal(await page.locator("#version").inputValue(), "old");
    assert.deepEqual(await page.locator("option:disabled").allInnerTexts(), ["Gone (image not built)", "new (image not built)"]);
  });
}
