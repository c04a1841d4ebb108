// Reports for CI systems, read by third-party readers:
//
//   reports.js PACKAGES CLOCHE
//
// PACKAGES is the node_modules that holds junit2json and tap-parser, CLOCHE the program. The schema needs xmllint.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { finish, test } from "./cases.js";

const [packages, program] = process.argv.slice(2);
const require = createRequire(join(packages, "any"));
const { parse: parseJunit } = require("junit2json");
const { Parser } = require("tap-parser");
const schema = fileURLToPath(new URL("junit.xsd", import.meta.url));

const cloche = (format, ...options) => {
  const ended = spawnSync(program, ["run", "--format", format, ...options], { encoding: "utf8" });
  assert.equal(ended.stderr, "");
  return ended.stdout;
};

const junit = async (...options) => {
  const xml = cloche("junit", ...options);
  const lint = spawnSync("xmllint", ["--noout", "--nonet", "--schema", schema, "-"], { input: xml, encoding: "utf8" });
  assert.equal(lint.status, 0, `${lint.error ?? lint.stderr}\n${xml}`);
  return parseJunit(xml);
};

const tap = (...options) => {
  const points = [];
  const parser = new Parser();
  const collect = (one, path) => {
    one.on("assert", (point) => points.push({ ...point, path }));
    one.on("child", (child) => collect(child, [...path, child.name]));
  };
  collect(parser, []);
  let result;
  parser.on("complete", (complete) => (result = complete));
  parser.end(cloche("tap", ...options));
  assert.equal(result.bailout, false);
  assert.deepEqual(result.failures.filter((failure) => failure.tapError), []);
  return { ...result, points };
};

const unittest = (body, solution = "") => [
  "-l", "python", "-t", "unittest", "-c", solution, "-f", `import unittest, sys\nclass Sums(unittest.TestCase):\n${body}`,
];
const mixed = unittest(`  def test_good(self): print("seen")
  def test_bad(self): self.assertEqual(1, 2, "\\x1b[31m<&\\x00\\ud800]]>")
  def test_broken(self): raise KeyError("x")
  @unittest.skip("not yet")
  def test_later(self): pass
`);

test("JUnit tells tests that passed, failed, broke and were skipped", async () => {
  const report = await junit(...mixed);
  assert.deepEqual([report.tests, report.failures, report.errors], [4, 1, 1]);
  const cases = Object.fromEntries(report.testsuite.flatMap((suite) => suite.testcase).map((each) => [each.name, each]));
  assert.match(cases.test_good["system-out"].join(""), /seen/);
  assert.ok(cases.test_bad.failure && !cases.test_bad.error);
  assert.ok(cases.test_broken.error && !cases.test_broken.failure);
  assert.ok(cases.test_later.skipped);
});

test("TAP tells the same", () => {
  const report = tap(...mixed);
  assert.equal(report.ok, false);
  const points = Object.fromEntries(report.points.map((each) => [each.name, each]));
  assert.equal(points.test_good.ok, true);
  assert.equal(points.test_bad.ok, false);
  assert.equal(points.test_bad.diag.severity, "failed");
  assert.equal(points.test_broken.diag.severity, "error");
  assert.ok(points.test_later.skip);
  assert.ok(points.test_good.path.length > 0);
});

test("a passing run passes everywhere", async () => {
  const good = unittest("  def test_good(self): self.assertTrue(True)\n");
  const report = await junit(...good);
  assert.deepEqual([report.tests, report.failures, report.errors], [1, 0, 0]);
  assert.equal(tap(...good).ok, true);
});

test("a run without an end is an error, whatever its tests said", async () => {
  for (const [verdict, options] of [
    ["report_broken", unittest("  def test_a(self):\n    import os; os._exit(0)\n")],
    ["time_limit", [...unittest("  def test_a(self):\n    while True: pass\n"), "--timeout", "1000"]],
    ["compile_error", ["-l", "c", "-c", "int main(", "-f", "#include <criterion/criterion.h>\nTest(a, b) {}"]],
  ]) {
    const report = await junit(...options);
    const run = report.testsuite.flatMap((suite) => suite.testcase).find((each) => each.name === "run");
    assert.match(run.error[0].message, new RegExp(`^${verdict}`));
    const points = tap(...options);
    assert.equal(points.ok, false);
    assert.match(points.points.find((each) => each.name === "run").diag.message, new RegExp(`^${verdict}`));
  }
});

test("a plain run and its output are a test", async () => {
  const report = await junit("-l", "python", "-c", "import sys; sys.stdout.buffer.write(bytes(range(256)))");
  assert.equal(report.testsuite[0].testcase[0].name, "run");
  assert.equal(tap("-l", "python", "-c", "print('ok 2\\n1..9\\nBail out!')").ok, true);
  assert.equal(tap("-l", "python", "-c", "raise SystemExit(3)").ok, false);
});

await finish();
