// The real service on a port of its own.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, existsSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Starts `cloche serve`. Resolves to {address, stop()} once it listens. `program` may also be the address of a service
// that runs already.
export async function serve(program, options = [], environment = {}) {
  if (/^https?:/.test(program)) return { address: program, stop: async () => {} };
  const directory = mkdtempSync(join(tmpdir(), "cloche-browser-"));
  const portFile = join(directory, "port");
  const child = spawn(program, ["serve", "--listen", "127.0.0.1:0", "--port-file", portFile, ...options], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...environment },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (said += data));
  const ended = new Promise((resolve) => child.on("close", resolve));
  const listening = new Promise((resolve, reject) => {
    // The file may be there and still be empty.
    const look = () => existsSync(portFile) && /^\d+\s/.test(readFileSync(portFile, "utf8")) && resolve();
    const watcher = watch(directory, look);
    look();
    child.on("error", reject);
    ended.then((code) => reject(new Error(`cloche serve ended with ${code}: ${said}`)));
    ended.finally(() => watcher.close());
  });
  try {
    await listening;
  } catch (error) {
    rmSync(directory, { recursive: true });
    throw error;
  }
  const port = readFileSync(portFile, "utf8").trim();
  return {
    address: `http://127.0.0.1:${port}/`,
    signal: (name) => child.kill(name),
    said: () => said,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      rmSync(directory, { recursive: true });
    },
  };
}
