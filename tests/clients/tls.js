// The service over TLS:
//
//   tls.js PACKAGES CLOCHE

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";

import { serve } from "../browser/server.js";
import { run, test } from "./cases.js";

const [, program] = process.argv.slice(2);
const directory = mkdtempSync(join(tmpdir(), "cloche-tls-"));
process.on("exit", () => rmSync(directory, { recursive: true }));
const file = (name) => join(directory, name);
const certify = (key, certificate, names) =>
  execFileSync("openssl", [
    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
    "-subj", "/CN=test", "-addext", `subjectAltName=${names}`, "-keyout", file(key), "-out", file(certificate),
  ], { stdio: "ignore" });
certify("key.pem", "cert.pem", "DNS:localhost,IP:127.0.0.1");
certify("other-key.pem", "other-cert.pem", "DNS:elsewhere.example");
writeFileSync(file("config.toml"), `[tls]\ncertificate = "${file("cert.pem")}"\nkey = "${file("key.pem")}"\n`);

let port;
const agent = new https.Agent({ ca: readFileSync(file("cert.pem")), keepAlive: true });
const ask = (method, path, body) =>
  new Promise((resolve, reject) => {
    const headers = body ? { "Content-Type": "application/json" } : {};
    const request = https.request({ agent, host: "127.0.0.1", port, method, path, headers }, (answer) => {
      let text = "";
      answer.on("data", (data) => (text += data));
      answer.on("end", () => resolve({ status: answer.statusCode, text }));
    });
    request.on("error", reject);
    request.end(body && JSON.stringify(body));
  });
const running = async () => JSON.parse((await ask("GET", "/health")).text).running;
const until = async (holds) => {
  for (let i = 0; i < 200; ++i) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  assert.fail("it never came true");
};

test("requests on one connection", async () => {
  for (let i = 0; i < 3; ++i) assert.equal((await ask("GET", "/ping")).status, 200);
  const answer = await ask("POST", "/v1/runs", { language: "python", solution: "print(1)" });
  assert.equal(JSON.parse(answer.text).stdout, "1\n");
});

test("a stream", async () => {
  const { text } = await ask("POST", "/v1/runs?stream=1", { language: "python", solution: "print('x' * 500000)" });
  assert.match(text, /(^|\n)event: started\n/);
  assert.match(text, /\nevent: result\ndata: /);
});

test("hanging up cancels", async () => {
  const request = https.request({ agent, host: "127.0.0.1", port, method: "POST", path: "/v1/runs", headers: { "Content-Type": "application/json" } });
  request.on("error", () => {});
  request.end(JSON.stringify({ language: "python", solution: "while True: pass", timeout: 60000 }));
  await until(async () => (await running()) === 1);
  request.destroy();
  await until(async () => (await running()) === 0);
});

test("what is no TLS, and old TLS, is let go", async () => {
  const ended = (socket) => new Promise((resolve) => socket.on("close", resolve).on("error", () => {}));
  const plain = net.connect(port, "127.0.0.1");
  plain.end("GET /ping HTTP/1.1\r\n\r\n");
  plain.resume();
  await ended(plain);
  const old = tls.connect({ port, host: "127.0.0.1", maxVersion: "TLSv1.1", minVersion: "TLSv1", rejectUnauthorized: false, ciphers: "DEFAULT@SECLEVEL=0" });
  let secure = false;
  old.on("secureConnect", () => (secure = true));
  await ended(old);
  assert.equal(secure, false);
  assert.equal((await ask("GET", "/ping")).status, 200);
});

// The answer of a service to a valid token, when the introspected service has this certificate.
const asksThere = async (key, certificate, environment) => {
  const users = https.createServer({ key: readFileSync(file(key)), cert: readFileSync(file(certificate)) }, (request, answer) => {
    const known = request.headers.authorization === "Bearer good" && request.url === "/auth/status";
    answer.writeHead(known ? 200 : 401, { "Content-Type": "application/json" });
    answer.end(JSON.stringify(known ? { status: "success", data: { id: 7, active: true } } : { status: "fail" }));
  });
  await new Promise((resolve) => users.listen(0, "127.0.0.1", resolve));
  writeFileSync(file("asking.toml"), `[auth]\nmode = "introspection"\nurl = "https://localhost:${users.address().port}"\n`);
  const service = await serve(program, ["--config", file("asking.toml")], environment);
  const { status } = await fetch(service.address + "ping", { headers: { Authorization: "Bearer good" } });
  await service.stop();
  users.closeAllConnections?.();
  await new Promise((resolve) => users.close(resolve));
  return status;
};

test("tokens are asked about where the certificate is good, and for that name", async () => {
  writeFileSync(file("both.pem"), readFileSync(file("cert.pem"), "utf8") + readFileSync(file("other-cert.pem"), "utf8"));
  const trusting = { SSL_CERT_FILE: file("both.pem") };
  assert.equal(await asksThere("key.pem", "cert.pem", trusting), 200);
  assert.equal(await asksThere("other-key.pem", "other-cert.pem", trusting), 503);
  assert.equal(await asksThere("key.pem", "cert.pem", { SSL_CERT_FILE: file("other-cert.pem") }), 503);
});

test("a renewed certificate is taken on SIGHUP, and a broken one is not", async () => {
  for (const [from, to] of [["key", "live-key"], ["cert", "live-cert"]]) copyFileSync(file(from + ".pem"), file(to + ".pem"));
  writeFileSync(file("live.toml"), `[tls]\ncertificate = "${file("live-cert.pem")}"\nkey = "${file("live-key.pem")}"\n`);
  const service = await serve(program, ["--config", file("live.toml")]);
  const names = () =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ port: Number(new URL(service.address).port), host: "127.0.0.1", rejectUnauthorized: false });
      socket.on("secureConnect", () => (resolve(socket.getPeerCertificate().subjectaltname), socket.destroy()));
      socket.on("error", reject);
    });
  assert.match(await names(), /DNS:localhost/);
  copyFileSync(file("other-cert.pem"), file("live-cert.pem"));
  service.signal("SIGHUP");
  await until(async () => service.said().includes("certificate not read"));
  assert.match(await names(), /DNS:localhost/);
  copyFileSync(file("other-key.pem"), file("live-key.pem"));
  service.signal("SIGHUP");
  await until(async () => service.said().includes("certificate read"));
  assert.match(await names(), /DNS:elsewhere/);
  await service.stop();
});

await run(program, (address) => {
  port = Number(new URL(address).port);
}, ["--config", file("config.toml")]);
