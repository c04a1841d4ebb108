// The texts that the browser and links keep, and the page's messages when the service refuses.

import assert from "node:assert/strict";

import { Playground } from "../playground.js";

export default function (test) {
  test("work is kept by language and survives a reload", async (playground) => {
    const { page } = playground;
    await playground.open();
    await playground.choose({ language: "python", framework: "unittest" });
    await playground.write("Solution", "mine = 'python'");
    await playground.choose({ language: "ruby" });
    await playground.write("Solution", "mine = 'ruby'");
    await playground.choose({ language: "python" });
    assert.equal(await playground.text("Solution"), "mine = 'python'");
    assert.equal(await page.locator("#framework").inputValue(), "unittest");
    await page.reload();
    await page.waitForSelector("body.ready");
    assert.equal(await page.getByLabel("Language").inputValue(), "python");
    assert.equal(await playground.text("Solution"), "mine = 'python'");
    await playground.choose({ language: "ruby" });
    assert.equal(await playground.text("Solution"), "mine = 'ruby'");
  });

  test("frameworks share a solution and have tests of their own", async (playground) => {
    await playground.open();
    await playground.choose({ language: "python", framework: "cw-2" });
    await playground.write("Solution", "shared = 1");
    await playground.write("Tests", "test.expect(shared)");
    await playground.choose({ framework: "unittest" });
    assert.equal(await playground.text("Solution"), "shared = 1");
    assert.match(await playground.text("Tests"), /unittest\.TestCase/);
    await playground.choose({ framework: "" });
    assert.doesNotMatch(await playground.text("Solution"), /shared/);
    assert.ok(!(await playground.page.locator("#fixture-pane").isVisible()));
    await playground.choose({ framework: "cw-2" });
    assert.equal(await playground.text("Tests"), "test.expect(shared)");
  });

  test("the example comes back", async (playground) => {
    const { page } = playground;
    await playground.open();
    const before = await playground.text("Solution");
    await playground.write("Solution", "changed");
    await page.getByRole("button", { name: "Example" }).click();
    assert.equal(await playground.text("Solution"), before);
    await page.reload();
    await page.waitForSelector("body.ready");
    assert.equal(await playground.text("Solution"), before);
  });

  test("a link carries the work, and leaves what the other browser keeps alone", async (playground, { browser, context, address }) => {
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await playground.open();
    await playground.choose({ language: "ruby", framework: "rspec" });
    await playground.write("Solution", "TEXT = 'Grüße <b>&\\n'");
    await playground.page.getByRole("button", { name: "Copy link" }).click();
    await playground.page.locator("#toast").getByText("Link copied").waitFor();
    const link = await playground.page.evaluate(() => navigator.clipboard.readText());
    assert.match(link, /#code=[\w-]+$/);

    const other = await browser.newContext();
    try {
      const page = await other.newPage();
      const theirs = new Playground(page, address);
      await theirs.prepare();
      await theirs.open();
      await theirs.choose({ language: "ruby", framework: "rspec" });
      await theirs.write("Solution", "their = 'own'");
      await page.evaluate(() => dispatchEvent(new Event("pagehide")));
      await page.goto("about:blank");
      await theirs.open(new URL(link).hash);
      assert.equal(await theirs.text("Solution"), "TEXT = 'Grüße <b>&\\n'");
      assert.equal(await page.locator("#framework").inputValue(), "rspec");
      // Changes go into the address.
      await theirs.write("Solution", "changed = 'here'");
      await page.waitForFunction((old) => location.hash !== old, new URL(link).hash);
      await page.reload();
      await page.waitForSelector("body.ready");
      assert.equal(await theirs.text("Solution"), "changed = 'here'");
      await page.goto("about:blank");
      await theirs.open();
      assert.equal(await theirs.text("Solution"), "their = 'own'");
      await theirs.checkPeace();
    } finally {
      await other.close();
    }
  });

  test("a link that is broken or hostile is refused in words", async (playground) => {
    const { page } = playground;
    for (const fragment of ["#code=", "#code=abc", "#code=!!", `#code=${"A".repeat(5000)}`]) {
      await page.goto("about:blank");
      await playground.open(fragment);
      await page.locator("#toast").getByText("cannot be read").waitFor();
      assert.match(await playground.text("Solution"), /to_roman/);
    }
    const packed = (work) =>
      page.evaluate(async (text) => {
        const stream = new Blob([text]).stream().pipeThrough(new CompressionStream("deflate-raw"));
        const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
        const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
        return "#code=" + btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      }, JSON.stringify(work));
    const bomb = await packed({ language: "python", solution: "a".repeat(4_000_000) });
    assert.ok(bomb.length < 10_000);
    await page.goto("about:blank");
    await playground.open(bomb);
    await page.locator("#toast").getByText("cannot be read").waitFor();
    const hash = await packed({ language: "<img src=x onerror=alert(1)>" });
    await page.goto("about:blank");
    await playground.open(hash);
    await page.locator("#toast").getByText("does not know").waitFor();
    assert.equal(await page.locator("#toast *").count(), 0);
    // A value that is not text is not used as text.
    const odd = await packed({ language: "python", framework: "none such", solution: { toString: 1 }, stdin: 7 });
    await page.goto("about:blank");
    await playground.open(odd);
    assert.equal(await playground.text("Solution"), "\n");
    assert.equal(await page.locator("#framework").inputValue(), "cw-2");
  });

  test("a token is asked for, kept for the tab, and sent", async (playground) => {
    const { page } = playground;
    await playground.open();
    const sent = [];
    await page.route("**/v1/runs?*", async (route) => {
      const given = route.request().headers().authorization;
      sent.push(given);
      if (given === "Bearer secret") return route.continue({ headers: { ...route.request().headers(), authorization: "" } });
      return route.fulfill({ status: 401, json: { error: { code: "unauthorized", message: "Give a token." }, requestId: "r1" } });
    });
    await page.getByRole("button", { name: "Run", exact: true }).click();
    const dialog = page.getByRole("dialog", { name: "A token, please" });
    await dialog.waitFor();
    assert.equal(await page.evaluate(() => document.activeElement.id), "token");
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "hidden" });
    assert.equal(await page.evaluate(() => document.activeElement.id), "run");
    assert.equal(await playground.verdict(), "A token is needed");
    await page.keyboard.press("Enter");
    await page.getByLabel("Token", { exact: true }).fill("secret");
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await page.waitForSelector("#verdict[data-kind=good]");
    assert.deepEqual(sent, [undefined, undefined, "Bearer secret"]);
    assert.equal(await page.evaluate(() => JSON.stringify(Object.entries(localStorage))).then((all) => all.includes("secret")), false);
  });

  test("a busy service says when to try again", async (playground) => {
    const { page } = playground;
    await playground.open();
    await page.route("**/v1/runs?*", (route) =>
      route.fulfill({
        status: 429,
        headers: { "Retry-After": "7" },
        json: { error: { code: "queue_full", message: "Too many runs are waiting." }, requestId: "r2" },
      }),
    );
    assert.equal(await playground.run(), "The service is busy");
    assert.match(await page.locator("#verdict-reason").innerText(), /Too many runs are waiting\. Try again in 7 seconds/);
    await page.unroute("**/v1/runs?*");
    assert.equal(await playground.run(), "All 3 tests passed");
  });

  test("a service that is gone, or breaks off, is told in words", async (playground) => {
    const { page } = playground;
    await playground.open();
    await page.route("**/v1/runs?*", (route) => route.abort());
    assert.equal(await playground.run(), "No answer");
    await page.unroute("**/v1/runs?*");
    await page.route("**/v1/runs?*", (route) =>
      route.fulfill({ contentType: "text/event-stream", body: 'event: started\ndata: {"id":"x"}\n\n: note\n\nevent: output\r\ndata: {"stream":"stdout",\r\ndata: "text":"half"}\r\n\r\n' }),
    );
    assert.equal(await playground.run(), "No answer");
    assert.match(await page.locator("#verdict-reason").innerText(), /before the run was over/);
    assert.equal(await playground.output(), "half");
  });
}
