// Choosing a language, writing code, running it, and the display of the run.

import assert from "node:assert/strict";

export default function (test) {
  test("a language brings its versions, frameworks and example", async (playground) => {
    await playground.open();
    await playground.choose({ language: "javascript", framework: "mocha_bdd" });
    const options = await playground.page.locator("#version option").allInnerTexts();
    assert.ok(options.length > 1, options.join());
    assert.match(await playground.text("Solution"), /function toRoman/);
    assert.match(await playground.text("Tests"), /require\("chai"\)/);
    assert.equal(await playground.run(), "All 3 tests passed");
  });

  test("text that is typed is run by Ctrl+Enter, and its tests are shown as a tree", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.choose({ language: "python", framework: "cw-2" });
    await playground.editor("Solution").focus();
    await page.keyboard.press("Control+a");
    await page.keyboard.type("def double(n):\nreturn 2 * n"); // the editor indents the second line
    await playground.write(
      "Tests",
      `@test.describe("double")
def _():
    @test.it("doubles")
    def _():
        print("in the test")
        test.assert_equals(double(2), 4)
    @test.it("halves")
    def _():
        test.assert_equals(double(2), 1)
`,
    );
    await page.keyboard.press("Control+Enter");
    assert.equal(await playground.finished(), "1 of 2 tests failed");
    assert.equal(await page.locator("#verdict-reason").innerText(), "1 passed, 1 failed");
    assert.deepEqual(await playground.tree(), ["Failed: double", "Passed: doubles", "Failed: halves"]);
    // Failed tests are open, passed tests are closed.
    assert.ok(await page.getByText("4 should equal 1").isVisible());
    const printed = page.locator("#tree .printed pre");
    assert.ok(!(await printed.isVisible()));
    await page.getByRole("button", { name: "Expand all" }).click();
    assert.equal((await printed.innerText()).trim(), "in the test");
    assert.equal((await playground.output()).trim(), "in the test");
    const facts = await page.locator("#facts").innerText();
    assert.match(facts, /Time\s[\d.]+ m?s\s/);
    assert.match(facts, /Memory\s[\d.]+ MiB/);
    assert.match(facts, /python · 3\.13 · cw-2/);
  });

  test("an error is told with its log boxes", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.choose({ language: "python", framework: "unittest" });
    await playground.write("Solution", "def to_roman(number):\n    return number + ''");
    assert.equal(await playground.run(), "3 of 3 tests failed");
    const log = page.locator("#tree details.log").first();
    assert.equal(await log.locator("summary").innerText(), "Error");
    assert.match(await log.locator("pre").innerText(), /TypeError/);
  });

  test("a program gets its input and arguments and tells its exit code", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", "import sys\nprint(sys.stdin.read().upper(), sys.argv[1:])\nprint('e', file=sys.stderr)\nsys.exit(3)");
    await page.getByLabel("Standard input").fill("from stdin");
    await page.getByLabel("Arguments, one a line").fill("one\ntwo words");
    assert.equal(await playground.run(), "Run-time error");
    assert.match(await playground.output(), /FROM STDIN \['one', 'two words'\]/);
    assert.match(await playground.output("stderr"), /^e\n/);
    assert.match(await page.locator("#facts").innerText(), /Exit code\s3/);
  });

  test("what the compiler says is shown", async (playground, { languages }) => {
    if (!languages.find(({ name }) => name === "c")?.versions[0].available) return;
    await playground.open();
    await playground.program("c", "int main(void) { return nothing; }");
    assert.equal(await playground.run(), "Did not compile");
    assert.match(await playground.output("stderr"), /nothing. undeclared/);
  });

  test("a run that takes too long is ended", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", "print('begun')\nwhile True: pass");
    await page.locator("#input-pane").evaluate((details) => (details.open = true));
    await page.getByLabel("Time limit in seconds").fill("0.5");
    assert.equal(await playground.run(), "Time limit reached");
    assert.equal(await playground.output(), "begun\n");
  });

  test("output is shown while the program runs, and stays when it is cancelled", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", "import time\nprint('first')\nwhile True: time.sleep(1)");
    const cancel = page.getByRole("button", { name: "Cancel" });
    assert.equal(await cancel.getAttribute("aria-disabled"), "true");
    await playground.start();
    await page.locator("#stdout pre").getByText("first").waitFor();
    assert.equal(await page.locator("#verdict").getAttribute("data-kind"), "busy");
    assert.equal(await page.locator("#run").getAttribute("aria-disabled"), "true");
    await cancel.click();
    assert.equal(await playground.finished(), "Cancelled");
    assert.equal(await playground.output(), "first\n");
    // The next run is a new one.
    await playground.write("Solution", "print('second')");
    assert.equal(await playground.run(), "Finished");
    assert.equal(await playground.output(), "second\n");
  });

  test("a plain print is shown while the program still runs, in each language", async (playground, { languages }) => {
    const programs = {
      python: "print('first')\nwhile True: pass",
      javascript: "console.log('first')\nsetInterval(() => {}, 1000)",
      ruby: "puts 'first'\nsleep",
      c: '#include <stdio.h>\n#include <unistd.h>\nint main(void) { puts("first"); for (;;) pause(); }',
      shell: "echo first\nsleep 1000",
    };
    const { page } = playground;
    await playground.open();
    for (const [language, code] of Object.entries(programs)) {
      if (!languages.find(({ name }) => name === language)?.versions[0].available) continue;
      await playground.program(language, code);
      await playground.start();
      await page.locator("#stdout pre").getByText("first").waitFor();
      assert.equal(await page.locator("#verdict").getAttribute("data-kind"), "busy", language);
      await page.getByRole("button", { name: "Cancel" }).click();
      assert.equal(await playground.finished(), "Cancelled", language);
    }
  });

  test("tests are shown while others still run", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.choose({ language: "python", framework: "cw-2" });
    await playground.write("Solution", "");
    await playground.write(
      "Tests",
      `import time
@test.it("is quick")
def _():
    test.assert_equals(1, 1)
@test.it("never ends")
def _():
    while True: time.sleep(1)
`,
    );
    await playground.start();
    await page.getByText("never ends", { exact: true }).first().waitFor();
    await page.locator("#tree .running").waitFor();
    assert.deepEqual(await playground.tree(), ["Passed: is quick", "Running: never ends"]);
    await page.getByRole("button", { name: "Cancel" }).click();
    assert.equal(await playground.finished(), "Cancelled");
    assert.equal(await page.locator("#tree .running").count(), 0);
  });

  test("every example does what it shows", async (playground, { languages, address }) => {
    await playground.open();
    const examples = await (await fetch(new URL(await playground.page.locator("html").getAttribute("data-examples"), address))).json();
    for (const { name: language, versions, frameworks } of languages) {
      if (!versions[0].available || !examples[language]) continue;
      for (const framework of new Set(["program", ...frameworks.map(({ name }) => name)])) {
        const example = examples[language].frameworks[framework];
        assert.ok(example, `${language} has no example for ${framework}`);
        const body = { language, ...(framework === "program" ? {} : { testFramework: framework, ...examples[language] }), ...example };
        delete body.frameworks;
        const response = await fetch(new URL("v1/runs", address), {
          method: "POST",
          headers: { "Content-Type": "application/json" },
          body: JSON.stringify(body),
        });
        const result = await response.json();
        assert.equal(result.verdict?.status, "ok", `${language} ${framework}: ${JSON.stringify(result)}`);
        assert.ok(result.counts ? result.counts.tests > 1 : result.stdout, `${language} ${framework} shows nothing`);
      }
    }
  });
}
