// The outcome of a run: the verdict in a live region, its reason, and the figures.

import { byId, bytes, element, milliseconds } from "./dom.js";

const TITLES = {
  ok: "Finished",
  tests_failed: "Tests failed",
  runtime_error: "Run-time error",
  signaled: "Ended by a signal",
  compile_error: "Did not compile",
  time_limit: "Time limit reached",
  memory_limit: "Memory limit reached",
  output_limit: "Output limit reached",
  syscall_denied: "Forbidden system call",
  no_tests: "No test said anything",
  report_broken: "The test report is broken",
  setup_error: "Cannot be run",
  cancelled: "Cancelled",
};
const MET = {
  process_limit: "The limit of processes was reached.",
  disk_limit: "The limit of disk space was reached.",
  file_size_limit: "The limit of a file's size was reached.",
};
const PHASES = {
  prepare: "Preparing", sandbox: "Making the sandbox", shell: "Running the setup script",
  compile: "Compiling", run: "Running", teardown: "Tidying up", report: "Reporting",
};

const tests = (number) => (number === 1 ? "1 test" : `${number.toLocaleString("en")} tests`);

export class Summary {
  #verdict = byId("verdict");
  #title = byId("verdict-title");
  #reason = byId("verdict-reason");
  #progress = byId("progress");
  #clock = byId("clock");
  #facts = byId("facts");
  #notices = byId("notices");
  #timer = 0;
  #begin = 0;

  // kind: idle, busy, good, bad or odd. Screen readers read changes here aloud.
  say(kind, title, reason = "") {
    this.#verdict.dataset.kind = kind;
    this.#title.textContent = title;
    this.#reason.textContent = reason;
    this.#progress.textContent = "";
  }

  start() {
    this.#facts.replaceChildren();
    this.#notices.replaceChildren();
    this.say("busy", "Sending");
    this.#begin = performance.now();
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#tick(), 200);
    this.#tick();
  }

  stop() {
    clearInterval(this.#timer);
    this.#clock.textContent = "";
  }

  queued(position) {
    this.say("busy", "Waiting in the queue", position > 0 ? `Position ${position}` : "");
  }

  phase(name) {
    this.say("busy", PHASES[name] ?? "Running");
  }

  // Progress of the run; screen readers do not read it.
  progress({ tests: all, passed, failed, errors }) {
    const wrong = failed + errors;
    this.#progress.textContent = `${tests(all)} so far: ${passed} passed${wrong ? `, ${wrong} failed` : ""}`;
  }

  result(result) {
    this.stop();
    const { status, reason = "" } = result.verdict ?? {};
    const [title, detail] = this.#headline(status, reason, result.counts);
    this.say(status === "ok" ? "good" : status === "cancelled" ? "odd" : "bad", title, detail);
    this.#showFacts(result);
    for (const limit of result.limits?.met ?? []) if (MET[limit]) this.notice(MET[limit]);
    const denied = Object.entries(result.limits?.deniedSyscalls ?? {});
    if (denied.length > 0)
      this.notice(
        `Refused system calls: ${denied.slice(0, 10).map(([name, count]) => `${name} (${count})`).join(", ")}`,
      );
    if (result.forgedLines?.length > 0 || result.forgedLines > 0)
      this.notice("The program wrote to the reporter's channel.");
  }

  notice(text) {
    this.#notices.append(element("li", {}, text));
  }

  #headline(status, reason, counts) {
    if (status === "ok" && counts?.tests > 0) {
      const { passed, tests: all } = counts;
      return passed === all
        ? [all === 1 ? "The test passed" : `All ${tests(all)} passed`, ""]
        : [`${passed} of ${tests(all)} passed`, others(counts)];
    }
    if (status === "tests_failed" && counts)
      return [`${counts.failed + counts.errors} of ${tests(counts.tests)} failed`, others(counts)];
    const sentence = reason && reason[0].toUpperCase() + reason.slice(1) + (/[.!?]$/.test(reason) ? "" : ".");
    return [TITLES[status] ?? status ?? "Finished", status === "ok" ? "" : sentence];
  }

  #showFacts(result) {
    const usage = result.usage ?? {};
    const counts = result.counts;
    const wanted = [
      ["Time", usage.wallTime > 0 ? milliseconds(usage.wallTime) : ""],
      ["CPU", usage.userTime >= 0 ? milliseconds(usage.userTime + usage.systemTime) : ""],
      ["Memory", usage.peakMemory > 0 ? bytes(usage.peakMemory) : ""],
      ["Compiled in", result.phases?.compile > 0 ? milliseconds(result.phases.compile) : ""],
      ["Assertions", counts ? String(counts.assertionsPassed + counts.assertionsFailed) : ""],
      ["Exit code", Number.isInteger(result.exitCode) ? String(result.exitCode) : ""],
      ["Signal", result.exitSignal ?? ""],
      ["Ran on", [result.language, result.version, result.framework].filter(Boolean).join(" · ")],
    ];
    this.#facts.replaceChildren(
      ...wanted
        .filter(([, value]) => value)
        .map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, value))),
    );
  }

  #tick() {
    this.#clock.textContent = `${((performance.now() - this.#begin) / 1000).toFixed(1)} s`;
  }
}

function others({ tests: all, passed, failed, errors, skipped }) {
  const silent = all - passed - failed - errors - skipped;
  return [
    [passed, "passed"], [failed, "failed"], [errors, errors === 1 ? "error" : "errors"], [skipped, "skipped"],
    [silent, "without a result"],
  ]
    .filter(([number]) => number > 0)
    .map(([number, word]) => `${number} ${word}`)
    .join(", ");
}
