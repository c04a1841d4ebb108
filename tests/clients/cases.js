// A small test framework for the clients.

import { serve } from "../browser/server.js";

const cases = [];
export const test = (name, body) => cases.push({ name, body });

// Starts the program as a service, defines the tests and runs them, one after the other.
export async function run(program, define, options = []) {
  const service = await serve(program, options);
  await define(service.address);
  await finish(() => service.stop());
}

// Runs the tests that are defined, then `stop`, and ends the process.
export async function finish(stop = () => {}) {
  let passed = 0, failed = 0;
  for (const { name, body } of cases) {
    try {
      await body();
      passed += 1;
    } catch (error) {
      failed += 1;
      console.log(`${name}: ${error.stack}`);
    }
  }
  await stop();
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed === 0 ? 0 : 1);
}
