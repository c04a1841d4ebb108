// Compares the service's description of itself (openapi.json) with its behaviour:
//
//   openapi.js PACKAGES CLOCHE
//
// PACKAGES is the node_modules that holds ajv, CLOCHE the program.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { join } from "node:path";

import { run, test } from "./cases.js";

const [packages, program] = process.argv.slice(2);
const { default: Ajv } = createRequire(join(packages, "any"))("ajv/dist/2020.js");

await run(program, async (address) => {
  const document = await (await fetch(address + "openapi.json")).json();
  const ajv = new Ajv({ strict: false });
  ajv.addSchema(document, "openapi");
  const pointer = (parts) => "openapi#/" + parts.map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"))).join("/");
  const resolve = (value, parts) =>
    value.$ref ? [value.$ref.slice(2).split("/").reduce((at, key) => at[key], document), value.$ref.slice(2).split("/")] : [value, parts];

  const asked = async (path, method, body, query = "") => {
    const answer = await fetch(address.replace(/\/$/, "") + path.replace("{id}", "0") + query, {
      method: method.toUpperCase(),
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: answer.status, type: answer.headers.get("content-type"), text: await answer.text() };
  };
  // The answer is one that the document names, with the type and the form that it has there.
  const fits = (path, method, { status, type, text }) => {
    const where = ["paths", path, method, "responses", String(status)];
    const named = document.paths[path][method].responses[status];
    assert.ok(named, `${method} ${path}: ${status} is not in the document: ${text}`);
    const [response, parts] = resolve(named, where);
    const content = response.content?.[type];
    assert.ok(content, `${method} ${path}: ${status} comes as ${type}`);
    if (type !== "application/json") return;
    const validate = ajv.compile({ $ref: pointer([...parts, "content", type, "schema"]) });
    assert.ok(validate(JSON.parse(text)), `${method} ${path} ${status}: ${ajv.errorsText(validate.errors)}: ${text.slice(0, 300)}`);
  };

  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      if (path === "/api/v2/connect") continue; // a WebSocket
      const example = operation.requestBody?.content["application/json"].example;
      test(`${method} ${path}`, async () => {
        const answer = await asked(path, method, example ?? (operation.requestBody ? {} : undefined));
        fits(path, method, answer);
        if (example) assert.equal(answer.status, 200, answer.text);
      });
      if (!operation.requestBody) continue;
      test(`${method} ${path}, wrongly`, async () => {
        for (const body of ["", "{", "[]", "{}", "3", JSON.stringify({ language: 3, code: 3 })]) {
          const answer = await asked(path, method, body);
          assert.ok(answer.status >= 400 && answer.status < 500, `${body}: ${answer.status}`);
          fits(path, method, answer);
        }
      });
    }
  }

  const runs = {
    tests: { language: "python", solution: "x = 1", fixture: "test.describe('a')\ntest.it('b')\ntest.assert_equals(x, 2)" },
    cases: { language: "python", solution: "print(input())", cases: [{ stdin: "1", expected: "1" }, { stdin: "2", expected: "3" }] },
    call: { language: "python", solution: "def f(): return {'a': [1, None]}", call: { entry: "f" } },
    compile: { language: "c", solution: "int main(void) { return x; }" },
    signal: { language: "python", solution: "import os; os.kill(os.getpid(), 9)" },
    time: { language: "python", solution: "while True: pass", timeout: 100 },
    bytes: { language: "python", solution: "import os; os.write(1, b'\\xff')" },
  };
  for (const [name, body] of Object.entries(runs)) {
    test(`a result with ${name}`, async () => {
      const answer = await asked("/v1/runs", "post", body);
      assert.equal(answer.status, 200, answer.text);
      fits("/v1/runs", "post", answer);
      const validate = ajv.compile({ $ref: "openapi#/components/schemas/RunRequest" });
      assert.ok(validate(body), ajv.errorsText(validate.errors));
    });
  }
  test("a stream's type", async () => fits("/v1/runs", "post", await asked("/v1/runs", "post", { language: "python", solution: "1" }, "?stream=1")));
});
