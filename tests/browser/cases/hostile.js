// Programs whose output attacks the page or overloads it.

import assert from "node:assert/strict";

const MARKUP = `<script>window.pwned = 1</script><img src=x onerror="window.pwned = 2"><a href="javascript:window.pwned = 3">x</a>`;

async function checkInert(page) {
  assert.equal(await page.evaluate(() => window.pwned), undefined);
  assert.equal(await page.locator(".results :is(script, img, a, iframe, style, svg)").count(), 0);
}

export default function (test) {
  test("markup on standard output and error stays text", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", `import sys\ns = '''${MARKUP}'''\nprint(s)\nprint(s, file=sys.stderr)`);
    assert.equal(await playground.run(), "Finished");
    assert.equal(await playground.output(), `${MARKUP}\n`);
    assert.equal(await playground.output("stderr"), `${MARKUP}\n`);
    await checkInert(page);
  });

  test("markup in names, messages and logs of every mode stays text", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.choose({ language: "javascript", framework: "cw-2" });
    await playground.write("Solution", "");
    await playground.write(
      "Tests",
      `const s = ${JSON.stringify(MARKUP)};
describe(s, () => it(s, () => {
  for (const mode of ["", "ESC", "HTML", "MARKDOWN", "JSON", "TABLE", "CHART", "SCRIPT", "DIFF", s.slice(0, 9)]) {
    Test.display.log(s, "-" + mode, mode);
    Test.display.tab(s, s, mode);
  }
  console.log("<LOG:HTML:>" + s);
  Test.display.log(JSON.stringify([{a: s, [s]: 1}, {a: "second"}]), "rows", "TABLE");
  Test.display.log(JSON.stringify({__proto__: {pwned: 1}, [s]: [s]}), "object", "JSON");
  Test.display.prop(s, s);
  Test.display.log("one\\n" + s, "Expected");
  Test.display.tab("one\\n2", "Actual");
  Test.display.tab("", "Diff", "DIFF");
  Test.expect(false, s);
}));`,
    );
    const verdict = await playground.run();
    assert.match(verdict, /failed|broken|error/);
    await page.getByRole("button", { name: "Expand all" }).click();
    await page.locator("#tree details.log").evaluateAll((boxes) => boxes.forEach((box) => (box.open = true)));
    await checkInert(page);
    assert.ok((await page.locator("#tree .name").first().innerText()).includes(MARKUP));
    assert.ok((await page.locator("#tree pre").count()) >= 20);
    assert.equal(await page.locator("#tree td", { hasText: MARKUP }).innerText(), MARKUP);
    assert.equal(await page.locator("#tree .difference .removed").textContent(), `- ${MARKUP}\n`);
    assert.ok((await page.locator("#tree .property").innerText()).includes(MARKUP));
  });

  test("colours are shown, other control sequences are not", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program(
      "python",
      String.raw`print("\x1b[1;31mred\x1b[0m plain \x1b[38;2;0;255;0mgreen\x1b[m \x1b[2J\x1b[H\x1b]0;title\x07\x1b]8;;http://127.0.0.1:9/\x1b\\link\x1b]8;;\x1b\\ \x1b[1000Cend\x00")`,
    );
    assert.equal(await playground.run(), "Finished");
    assert.equal(await playground.output(), "red plain green link end\n");
    assert.equal(await page.locator("#stdout .ansi-bold.ansi-1").innerText(), "red");
    assert.equal(await page.locator("#stdout .ansi-2").innerText(), "green");
    await checkInert(page);
  });

  test("output that is not UTF-8 is shown as far as it is text", async (playground) => {
    await playground.open();
    await playground.program("python", String.raw`import sys; sys.stdout.buffer.write(b"a\xff\xfeb\xc3\xa9\n")`);
    assert.equal(await playground.run(), "Finished");
    assert.match(await playground.output(), /^a\ufffd+bé\n$/);
  });

  test("a megabyte of output is kept, and drawn in part", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", "for i in range(80_000): print('line %06d' % i)");
    assert.equal(await playground.run(), "Finished");
    const drawn = await playground.output();
    assert.ok(drawn.startsWith("line 000000\nline 000001\n"));
    assert.ok(drawn.endsWith("line 079999\n"));
    assert.ok(drawn.length < 250_000, `${drawn.length} characters`);
    assert.match(drawn, /… 740,000 characters not drawn …/);
    assert.match(await page.locator("#stdout .note").innerText(), /^960,000 characters in all/);
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("button", { name: "Save the output" }).click(),
    ]);
    let size = 0;
    for await (const piece of await download.createReadStream()) size += piece.length;
    assert.equal(size, 960_000);
  });

  test("a megabyte of standard error is drawn once", async (playground) => {
    await playground.open();
    await playground.program("python", "import sys\nfor i in range(80_000): print('line %06d' % i, file=sys.stderr)");
    assert.equal(await playground.run(), "Finished");
    const drawn = await playground.output("stderr");
    assert.equal(drawn.split("line 079999").length, 2);
    assert.ok(drawn.length < 250_000, `${drawn.length} characters`);
  });

  test("one line of a megabyte does not stretch the page", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", "print('x' * 1_000_000)");
    assert.equal(await playground.run(), "Finished");
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
  });

  test("output beyond the service's limit is told to be missing", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", "while True: print('x' * 1000)");
    assert.equal(await playground.run(), "Output limit reached");
    assert.match(await page.locator("#notices").innerText(), /output is missing/);
  });

  test("thousands of tests are counted, and drawn in part", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.choose({ language: "python", framework: "cw-2" });
    await playground.write("Solution", "");
    await playground.write("Tests", "for i in range(4000): test.assert_equals(i, i)");
    assert.equal(await playground.run(), "All 4,000 tests passed");
    assert.equal(await page.locator("#tree > li").count(), 3000);
    assert.match(await page.locator("#tests-note").innerText(), /^1,000 more entries/);
  });

  test("a thousand groups in each other are shown", async (playground) => {
    await playground.open();
    await playground.choose({ language: "javascript", framework: "cw-2" });
    await playground.write("Solution", "");
    await playground.write(
      "Tests",
      `(function nest(n) { describe("depth " + n, () => n < 1000 ? nest(n + 1) : it("deep", () => Test.pass())); })(1)`,
    );
    await playground.run();
    const tree = await playground.tree();
    assert.ok(tree.length >= 100 && tree.length < 200, `${tree.length} entries`);
  });
}
