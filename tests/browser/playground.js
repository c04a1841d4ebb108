// Uses the page as a person does, and checks that it never reports an error.

import assert from "node:assert/strict";

export class Playground {
  // Errors of the page that no test expects.
  complaints = [];

  constructor(page, address) {
    this.page = page;
    this.address = address;
    page.on("dialog", (dialog) => {
      this.complaints.push(`dialog: ${dialog.message()}`);
      dialog.dismiss();
    });
    page.on("pageerror", (error) => this.complaints.push(`error: ${error.stack}`));
    page.on("popup", (popup) => this.complaints.push(`popup: ${popup.url()}`));
    page.on("console", (message) => {
      if (message.type() === "error" && !/Failed to load resource/.test(message.text()))
        this.complaints.push(`console: ${message.text()}`);
    });
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(address) && !url.startsWith("data:") && !url.startsWith("blob:"))
        this.complaints.push(`request to ${url}`);
    });
  }

  async prepare() {
    await this.page.addInitScript(() => {
      window.violations = [];
      document.addEventListener("securitypolicyviolation", (event) =>
        window.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
      );
    });
  }

  async open(fragment = "") {
    await this.page.goto(this.address + fragment);
    await this.page.waitForSelector("body.ready");
    return this;
  }

  // Call this at the end of every test.
  async checkPeace() {
    assert.deepEqual(await this.page.evaluate(() => window.violations), []);
    assert.deepEqual(this.complaints, []);
  }

  async choose({ language, version, framework }) {
    if (language !== undefined) await this.page.getByLabel("Language").selectOption(language);
    if (version !== undefined) await this.page.locator("#version").selectOption(version);
    if (framework !== undefined) await this.page.locator("#framework").selectOption(framework);
  }

  editor(name) {
    return this.page.getByRole("textbox", { name, exact: true });
  }

  // Replaces an editor's text, with the keyboard.
  async write(name, text) {
    await this.editor(name).focus();
    await this.page.keyboard.press("Control+a");
    await this.page.keyboard.insertText(text);
  }

  async text(name) {
    return (await this.editor(name).locator(".cm-line").allInnerTexts()).join("\n");
  }

  async start() {
    await this.page.getByRole("button", { name: "Run", exact: true }).click();
  }

  // Waits until the run is over; returns the verdict.
  async finished() {
    await this.page.waitForSelector("#verdict:not([data-kind=busy]):not([data-kind=idle])", { timeout: 60_000 });
    await this.page.waitForSelector("body:not(.running)");
    return this.verdict();
  }

  async run() {
    await this.start();
    return this.finished();
  }

  async verdict() {
    return (await this.page.locator("#verdict-title").innerText()).trim();
  }

  async program(language, solution) {
    await this.choose({ language, framework: "" });
    await this.write("Solution", solution);
  }

  async output(id = "stdout") {
    return this.page.locator(`#${id} pre`).textContent();
  }

  // Tests and groups as text: the word that screen readers say, and the name.
  async tree() {
    return this.page.locator("#tree .row").evaluateAll((rows) =>
      rows.map((row) => row.querySelector(".unseen").textContent + row.querySelector(".name").textContent),
    );
  }
}
