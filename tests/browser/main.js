// Drives the playground of a real service with a real browser:
//
//   main.js PACKAGES CLOCHE [CASE...]
//
// PACKAGES is the node_modules that holds playwright-core and axe-core. CLOCHE is the program, or the address of a
// running service. CASE words select the tests whose names contain one of them. CLOCHE_SCREENSHOTS=DIR keeps pictures
// of the page there.

import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { Playground } from "./playground.js";
import { serve } from "./server.js";

const SKIPPED = 77; // for meson
const TIMEOUT_MS = 120_000;

const [packages, program, ...wanted] = process.argv.slice(2);
const require = createRequire(join(packages, "any"));
const { chromium } = require("playwright-core");
const axe = require("axe-core");

const cases = [];
export const test = (name, options, body) =>
  cases.push(body ? { name, options, body } : { name, options: {}, body: options });

async function runCase({ name, options, body }, { browser, address, languages }) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(20_000);
  let timer;
  try {
    const page = await context.newPage();
    const playground = new Playground(page, address);
    await playground.prepare();
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error("the test takes too long")), TIMEOUT_MS);
    });
    await Promise.race([body(playground, { page, context, browser, axe, address, languages }), late]);
    await playground.checkPeace();
    console.log(`ok: ${name}`);
    return true;
  } catch (error) {
    console.log(`FAILED: ${name}\n${error.stack}`);
    return false;
  } finally {
    clearTimeout(timer);
    await context.close();
  }
}

async function main() {
  const executablePath = "/usr/bin/chromium";
  if (!existsSync(executablePath)) {
    console.log("chromium is missing: tools/packages tests installs it");
    return SKIPPED;
  }
  const directory = fileURLToPath(new URL("cases/", import.meta.url));
  for (const file of readdirSync(directory).sort()) (await import(join(directory, file))).default(test);
  const server = await serve(program);
  // Chromium's own sandbox refuses to run as root.
  const browser = await chromium.launch({ executablePath, args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
  let passed = 0;
  let failed = 0;
  try {
    const { languages } = await (await fetch(new URL("v1/languages", server.address))).json();
    const python = languages.find(({ name }) => name === "python");
    if (!python?.versions[0].available && !process.env.CLOCHE_TEST_IMAGES) {
      console.log("the image python is not in the store: cloche image build python");
      return SKIPPED;
    }
    for (const each of cases) {
      if (wanted.length > 0 && !wanted.some((word) => each.name.includes(word))) continue;
      if (await runCase(each, { browser, address: server.address, languages })) ++passed;
      else ++failed;
    }
  } finally {
    await browser.close();
    await server.stop();
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 || passed === 0 ? 1 : 0;
}

process.exitCode = await main();
