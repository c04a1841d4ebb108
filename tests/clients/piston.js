// Clients written for Piston's API, against the real service:
//
//   piston.js PACKAGES CLOCHE
//
// PACKAGES is the node_modules that holds piston-client and ws, CLOCHE the program.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { run, test } from "./cases.js";

const [packages, program] = process.argv.slice(2);
const require = createRequire(join(packages, "any"));
const { default: piston } = await import(pathToFileURL(join(packages, "piston-client/index.js")));
const WebSocket = require("ws");

let client, api;

const post = async (path, body, headers = { "Content-Type": "application/json" }) => {
  const answer = await fetch(api + path, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: answer.status, ...(await answer.json()) };
};
const execute = (body) => post("execute", body);
const python = (content, more = {}) => ({ language: "python", version: "3.x", files: [{ content }], ...more });

// A conversation: sends what `say` returns for each message (null at first), until it is closed.
const talk = (say) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(api.replace("http", "ws") + "connect");
    const heard = [];
    const answer = (message) => {
      for (const each of say(message, heard) ?? []) socket.send(typeof each === "string" ? each : JSON.stringify(each));
    };
    socket.on("open", () => answer(null));
    socket.on("message", (data) => {
      const message = JSON.parse(data);
      heard.push(message);
      answer(message);
    });
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString(), heard }));
    socket.on("error", reject);
  });
const init = (content, more = {}) => ({ type: "init", ...python(content, more) });

test("piston-client lists the runtimes", async () => {
  const runtimes = await client.runtimes();
  const versions = runtimes.filter((each) => each.language === "python").map((each) => each.version);
  assert.ok(versions.includes("3.13.0"));
  assert.ok(runtimes.every((each) => Array.isArray(each.aliases)));
});

test("the first file is a program among the others", async () => {
  const run = async (language, files) => (await execute({ language, version: "*", files })).run;
  const beside = await run("python", [
    { name: "src/main.py", content: "import sys, lib\nprint(__file__, sys.argv, lib.x)" },
    { name: "src/lib.py", content: "x = 5" },
  ]);
  assert.equal(beside.stdout, "/workspace/src/main.py ['src/main.py'] 5\n");
  const module = await run("javascript", [
    { name: "main.mjs", content: "import { x } from './lib.mjs'\nconsole.log(x)" },
    { name: "lib.mjs", content: "export const x = 5" },
  ]);
  assert.equal(module.stdout, "5\n");
  const linked = await run("c", [
    { name: "main.c", content: "#include <stdio.h>\nint f(void);\nint main(void) { printf(\"%d\\n\", f()); }" },
    { name: "f.c", content: "int f(void) { return 5; }" },
  ]);
  assert.equal(linked.stdout, "5\n");
  const empty = await run("python", [
    { name: "main.py", content: "" },
    { name: "test.py", content: "raise Exception" },
  ]);
  assert.equal(empty.stderr, "");
  assert.equal(empty.code, 0);
});

test("output is what was printed", async () => {
  const { run } = await execute(python("import sys\nsys.stderr.write('<ul>\\n  <li> (most recent call last)')"));
  assert.equal(run.stderr, "<ul>\n  <li> (most recent call last)");
  assert.equal(run.output, run.stderr);
});

test("piston-client executes", async () => {
  const answer = await client.execute("python", "print('Hello', input())", { stdin: "you" });
  assert.equal(answer.run.stdout, "Hello you\n");
  assert.equal(answer.run.code, 0);
  assert.equal(answer.language, "python");
  const older = await client.execute({ language: "py", version: "2.7", files: [{ content: "print 1" }] });
  assert.equal(older.run.output, "1\n");
  assert.equal(older.version, "2.7.0");
});

test("all that an answer has", async () => {
  const { run, compile } = await execute(python("import sys; print(sys.argv[1:]); print('e', file=sys.stderr); sys.exit(3)", { args: ["a", "b c"] }));
  assert.equal(compile, undefined);
  assert.deepEqual([run.stdout, run.stderr, run.code, run.signal, run.status], ["['a', 'b c']\n", "e\n", 3, null, "RE"]);
  for (const key of ["cpu_time", "wall_time", "memory"]) assert.ok(run[key] > 0, key);
});

test("endings", async () => {
  const late = await execute(python("while True: pass", { run_timeout: 200 }));
  assert.deepEqual([late.run.status, late.run.signal, late.run.code], ["TO", "SIGKILL", null]);
  const killed = await execute(python("import os; os.kill(os.getpid(), 11)"));
  assert.deepEqual([killed.run.status, killed.run.signal, killed.run.code], ["SG", "SIGSEGV", null]);
  const long = await execute(python("while True: print('x' * 1000)"));
  assert.deepEqual([long.run.status, long.run.message, long.run.signal], ["OL", "stdout length exceeded", "SIGKILL"]);
  const err = await execute(python("import sys\nwhile True: sys.stderr.write('x' * 1000)"));
  assert.deepEqual([err.run.status, err.run.message, err.run.signal], ["EL", "stderr length exceeded", "SIGKILL"]);
});

test("both streams in the order of arrival", async () => {
  const code = "import os, time\nfor i in range(3):\n  os.write(1, b'o'); time.sleep(.05); os.write(2, b'e'); time.sleep(.05)";
  assert.equal((await execute(python(code))).run.output, "oeoeoe");
});

test("a compiler's stage", async () => {
  const c = (content) => execute({ language: "c", version: "*", files: [{ content }] });
  const good = await c('#include <stdio.h>\nint main(void) { puts("hi"); }');
  assert.deepEqual([good.compile.code, good.run.stdout], [0, "hi\n"]);
  const bad = await c("int main(void) { return x; }");
  assert.equal(bad.compile.status, "RE");
  assert.match(bad.compile.stderr, /undeclared/);
  assert.deepEqual(bad.run, bad.compile);
});

test("files of every encoding, beside the first", async () => {
  const files = [
    { name: "main.py", content: "import os\nfor f in ('b', 'h', 't'): print(open(f, 'rb').read())" },
    { name: "b", content: Buffer.from([0, 255]).toString("base64"), encoding: "base64" },
    { name: "h", content: "00fE", encoding: "hex" },
    { name: "t", content: "\u00e9" },
  ];
  const { run } = await execute({ language: "python", version: "*", files });
  assert.equal(run.stdout, "b'\\x00\\xff'\nb'\\x00\\xfe'\nb'\\xc3\\xa9'\n");
});

test("what is refused, in the words that clients know", async () => {
  const cases = [
    [{}, "language is required as a string"],
    [{ language: 3 }, "language is required as a string"],
    [{ language: "python" }, "version is required as a string"],
    [{ language: "python", version: "*" }, "files is required as an array"],
    [{ language: "python", version: "*", files: "x" }, "files is required as an array"],
    [{ language: "python", version: "*", files: [{ content: "" }, {}] }, "files[1].content is required as a string"],
    [{ language: "python", version: "*", files: [] }, "files must include at least one utf8 encoded file"],
    [{ language: "python", version: "*", files: [{ content: "", encoding: "hex" }] }, "files must include at least one utf8 encoded file"],
    [{ language: "python", version: "99.x", files: [{ content: "" }] }, "python-99.x runtime is unknown"],
    [{ language: "klingon", version: "*", files: [{ content: "" }] }, "klingon-* runtime is unknown"],
    [python("", { run_timeout: "1" }), "If specified, run_timeout must be a number"],
    [python("", { run_timeout: 60001 }), "run_timeout cannot exceed the configured limit of 60000"],
    [python("", { run_memory_limit: -2 }), "run_memory_limit must be non-negative"],
    [python("", { compile_timeout: -1 }), "compile_timeout must be non-negative"],
  ];
  for (const [body, message] of cases)
    assert.deepEqual(await execute(body), { status: 400, message }, JSON.stringify(body));
  assert.deepEqual(await post("execute", "{}", { "Content-Type": "application/x-www-form-urlencoded" }), {
    status: 415,
    message: "requests must be of type application/json",
  });
});

test("packages", async () => {
  const packages = await (await fetch(api + "packages")).json();
  assert.ok(packages.some((each) => each.language === "python" && each.language_version === "3.13.0" && each.installed));
  assert.deepEqual(await post("packages", { language: "python", version: "99.0.0" }), {
    status: 404,
    message: "Requested package python-99.0.0 does not exist",
  });
});

test("a conversation with a program", async () => {
  const { code, heard } = await talk((message) => {
    if (message === null) return [init("import sys\nwhile True:\n  try: sys.stdout.write('got ' + input() + '\\n')\n  except KeyboardInterrupt: break")];
    if (message.type === "stage") return [{ type: "data", stream: "stdin", data: "one\n" }];
    if (message.data === "got one\n") return [{ type: "data", stream: "stdin", data: "two\n" }];
    if (message.data === "got two\n") return [{ type: "signal", signal: "SIGINT" }];
  });
  assert.equal(code, 4999);
  assert.deepEqual(heard, [
    { type: "runtime", language: "python", version: "3.13.0" },
    { type: "stage", stage: "run" },
    { type: "data", stream: "stdout", data: "got one\n" },
    { type: "data", stream: "stdout", data: "got two\n" },
    { type: "exit", stage: "run", code: 0, signal: null },
  ]);
});

test("a compiled program's stages", async () => {
  const { heard } = await talk((message) =>
    message === null
      ? [{ type: "init", language: "c", version: "*", files: [{ content: "int main(void) { return 7; }" }] }]
      : [],
  );
  assert.deepEqual(
    heard.slice(1).map(({ type, stage, code }) => [type, stage, code]),
    [["stage", "compile", undefined], ["exit", "compile", 0], ["stage", "run", undefined], ["exit", "run", 7]],
  );
});

test("input that comes before its run has started is not lost", async () => {
  // As many runs as may run at once, and one more, which has to wait.
  const before = cpus().map(() => talk((message) => (message === null ? [init("import time; time.sleep(1)")] : [])));
  const { heard } = await talk((message) =>
    message === null ? [init("import sys; sys.stdout.write(input() + '!')"), { type: "data", stream: "stdin", data: "early\n" }] : [],
  );
  assert.equal(heard.find((message) => message.type === "data").data, "early!");
  await Promise.all(before);
});

test("how conversations are closed", async () => {
  const closes = async (say, code) => assert.equal((await talk(say)).code, code);
  await closes(() => [], 4001);
  await closes((message) => (message === null ? [{ type: "data", stream: "stdin", data: "" }] : []), 4003);
  await closes((message) => (message === null ? [init("input()"), init("")] : []), 4000);
  await closes((message) => (message === null ? [init("input()"), { type: "data", stream: "stdout", data: "" }] : []), 4004);
  await closes((message) => (message === null ? [init("input()"), { type: "signal", signal: "SIGNOPE" }] : []), 4005);
  for (const wrong of [{ type: "init" }, "nonsense", "[]", { type: 3 }]) {
    const { code, heard } = await talk((message) => (message === null ? [wrong] : []));
    assert.equal(code, 4002);
    assert.equal(heard.at(-1).type, "error");
  }
});

await run(program, (address) => {
  client = piston({ server: address.replace(/\/$/, "") });
  api = address + "api/v2/";
});
