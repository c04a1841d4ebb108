// Accessibility: keyboard, screen reader, phone, light and dark.

import assert from "node:assert/strict";

const MIXED_TESTS = `@test.describe("a group")
def _():
    @test.it("passes")
    def _():
        print("\\033[31mred\\033[42mgreen ground\\033[0m \\033[7minverse\\033[0m \\033[2mfaint\\033[0m")
        test.assert_equals(1, 1)
    @test.it("fails")
    def _():
        test.assert_equals(1, 2)
    @test.it("breaks")
    def _():
        raise ValueError("broken")
`;

async function runMixed(playground) {
  await playground.choose({ language: "python", framework: "cw-2" });
  await playground.write("Solution", "import sys\nsys.stderr.write('\\033[33mwarned\\033[0m\\n')");
  await playground.write("Tests", MIXED_TESTS);
  assert.equal(await playground.run(), "2 of 3 tests failed");
  await playground.page.getByRole("button", { name: "Expand all" }).click();
}

async function audit(playground, axe) {
  await playground.page.evaluate(axe.source);
  const { violations } = await playground.page.evaluate(() =>
    window.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }),
  );
  assert.deepEqual(
    violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join("; ")}`),
    [],
  );
}

// Returns everything that Tab reaches from the top to the bottom, once around.
async function walk(page, key = "Tab") {
  const seen = [];
  for (let i = 0; i < 80; ++i) {
    const inEditor = await page.evaluate(() => document.activeElement.classList.contains("cm-content"));
    if (inEditor) await page.keyboard.press("Escape");
    await page.keyboard.press(key);
    const at = await page.evaluate(() => {
      const active = document.activeElement;
      if (active === document.body) return null;
      const styled = active.closest(".cm-editor") ?? active;
      const style = getComputedStyle(styled);
      const box = active.getBoundingClientRect();
      return {
        name: active.id || active.getAttribute("aria-label") || active.textContent.trim().slice(0, 60),
        visible: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2 && box.bottom > 0 && box.top < innerHeight,
      };
    });
    // The focus has left the page, or is back at the beginning.
    if (!at || at.name === seen[0]?.name) return seen;
    seen.push(at);
  }
  throw new Error(`Tab never leaves the page: ${seen.map(({ name }) => name).join(", ")}`);
}

export default function (test) {
  for (const colorScheme of ["light", "dark"])
    for (const [device, viewport] of [["desktop", { width: 1280, height: 800 }], ["phone", { width: 360, height: 740 }]])
      test(`nothing to complain of for axe: ${colorScheme}, ${device}`, { colorScheme, viewport }, async (playground, { axe }) => {
        await playground.open();
        await audit(playground, axe);
        await runMixed(playground);
        await playground.page.locator("#input-pane").evaluate((details) => (details.open = true));
        await audit(playground, axe);
        if (process.env.CLOCHE_SCREENSHOTS)
          await playground.page.screenshot({ path: `${process.env.CLOCHE_SCREENSHOTS}/${colorScheme}-${device}.png`, fullPage: device === "phone" });
      });

  test("the keyboard reaches everything, leaves everything, and shows where it is", async (playground) => {
    const { page } = playground;
    await playground.open();
    await runMixed(playground);
    await page.evaluate(() => document.activeElement.blur());
    await page.locator("h1").click(); // the walk begins at the top
    const there = await walk(page);
    const names = there.map(({ name }) => name);
    const expected = ["language", "version", "framework", "run", "cancel", "link", "reset", "theme", "Solution", "Tests", "Preloaded code",
      "Input, arguments and time limit", "expand", "collapse", "Save the output", "Save errors and warnings"];
    assert.deepEqual(names.filter((name) => expected.includes(name)), expected);
    assert.ok(names.some((name) => name.startsWith("▾") || name.includes("a group")), names.join());
    assert.deepEqual(there.filter(({ visible }) => !visible), []);
    const back = await walk(page, "Shift+Tab");
    assert.deepEqual(back.map(({ name }) => name).filter((name) => expected.includes(name)), expected.reverse());
  });

  test("Tab indents, Escape and Tab leaves the editor, and the page says so", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.choose({ language: "python" });
    await playground.write("Solution", "x");
    await page.keyboard.press("Home");
    await page.keyboard.press("Tab");
    assert.equal(await playground.text("Solution"), "    x");
    const help = await playground.editor("Solution").getAttribute("aria-describedby");
    assert.match(await page.locator(`#${help}`).innerText(), /Esc and then Tab leaves/);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Tab");
    assert.equal(await playground.editor("Tests").evaluate((each) => each === document.activeElement), true);
  });

  test("a run by keyboard alone keeps the focus and is told by a live region", async (playground) => {
    const { page } = playground;
    await playground.open();
    await page.evaluate(() => {
      window.told = [];
      const region = document.querySelector("#verdict [role=status]");
      new MutationObserver(() => window.told.push(region.innerText.replace(/\s+/g, " ").trim())).observe(region, {
        childList: true, characterData: true, subtree: true,
      });
    });
    await page.getByRole("button", { name: "Run", exact: true }).focus();
    await page.keyboard.press("Enter");
    assert.equal(await playground.finished(), "All 3 tests passed");
    assert.equal(await page.evaluate(() => document.activeElement.id), "run");
    const told = await page.evaluate(() => window.told);
    assert.equal(told.at(-1), "All 3 tests passed");
    assert.ok(told.length < 12, `it says too much: ${told.join(" / ")}`);
  });

  for (const width of [320, 390])
    test(`nothing is wider than a phone of ${width} pixels`, { viewport: { width, height: 700 }, isMobile: true, hasTouch: true }, async (playground) => {
      const { page } = playground;
      await playground.open();
      const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
      assert.ok(await fits(), "at first");
      await runMixed(playground);
      assert.ok(await fits(), "with results");
      assert.ok(await page.locator("#verdict").evaluate((each) => each.getBoundingClientRect().top < innerHeight / 2), "the verdict is in sight");
      await page.locator("#setup-pane").evaluate((details) => (details.open = true));
      await page.locator("#input-pane").evaluate((details) => (details.open = true));
      assert.ok(await fits(), "with everything open");
    });

  test("the theme follows the system, or what was chosen, also after a reload", { colorScheme: "dark" }, async (playground) => {
    const { page } = playground;
    await playground.open();
    const dark = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const byDefault = await dark();
    await page.getByLabel("Theme").selectOption("light");
    const light = await dark();
    assert.notEqual(byDefault, light);
    await page.reload();
    await page.waitForSelector("body.ready");
    assert.equal(await dark(), light);
    assert.equal(await page.getByLabel("Theme").inputValue(), "light");
    await page.getByLabel("Theme").selectOption("system");
    assert.equal(await dark(), byDefault);
  });

  test("nothing moves for those who do not want it", { reducedMotion: "reduce" }, async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.program("python", "import time\nprint('on', flush=True)\nwhile True: time.sleep(1)");
    await playground.start();
    await page.locator("#stdout pre").getByText("on").waitFor();
    const moving = () => document.getAnimations().map(({ effect }) => `${effect.target.className} ${effect.pseudoElement}`);
    assert.deepEqual(await page.evaluate(moving), []);
    await page.getByRole("button", { name: "Cancel" }).click();
    await playground.finished();
  });
}
