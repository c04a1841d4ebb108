// One run from request to result, and its display.

import * as api from "./api.js";
import { byId, shortened } from "./dom.js";
import { OutputView } from "./output_view.js";
import { TestTree } from "./test_tree.js";
import { TreeView } from "./tree_view.js";

// How long a cancelled run has to answer before the page hangs up.
const PATIENCE_MS = 5000;

export class Runner {
  #summary;
  #stdout = new OutputView(byId("stdout"), "output");
  #stderr = new OutputView(byId("stderr"), "errors");
  #tests = byId("tests");
  #testsNote = byId("tests-note");
  #current = null; // {abort, id}
  #tree;
  #view;
  #progress = 0;
  #preparing = false; // in a phase before the program's

  constructor(summary) {
    this.#summary = summary;
    byId("expand").addEventListener("click", () => this.#view?.setOpen(true));
    byId("collapse").addEventListener("click", () => this.#view?.setOpen(false));
  }

  get running() {
    return this.#current !== null;
  }

  // Resolves when the run is over; throws ApiError where the service refused.
  async run(request) {
    const current = (this.#current = { abort: new AbortController(), id: "", cancelled: false });
    this.#clear();
    let over = false;
    try {
      for await (const { event, data } of api.run(request, current.abort.signal)) {
        if (data?.id) current.id = data.id;
        if (current.cancelled && current.id) this.#askToCancel(current);
        over ||= event === "result" || event === "error";
        this.#take(event, data);
      }
      if (!over) throw new api.ApiError("The service ended the answer before the run was over.");
    } catch (error) {
      this.#settle();
      if (error.name !== "AbortError") throw error instanceof api.ApiError ? error : lost(error);
      this.#summary.say("odd", "Cancelled");
    } finally {
      clearTimeout(current.timer);
      this.#summary.stop();
      this.#current = null;
    }
  }

  cancel() {
    const current = this.#current;
    if (!current || current.cancelled) return;
    current.cancelled = true;
    this.#summary.say("busy", "Cancelling");
    // Without the id of the run, hanging up cancels it.
    if (!current.id) current.abort.abort();
    else this.#askToCancel(current);
  }

  // The result of a cancelled run still reports its work until then.
  #askToCancel(current) {
    if (current.timer) return;
    current.timer = setTimeout(() => current.abort.abort(), PATIENCE_MS);
    api.cancel(current.id).catch(() => current.abort.abort());
  }

  #clear() {
    this.#summary.start();
    this.#stdout.clear();
    this.#stderr.clear();
    this.#preparing = false;
    this.#tests.hidden = true;
    this.#testsNote.textContent = "";
    this.#view = new TreeView(byId("tree"));
    this.#tree = new TestTree(this.#view);
  }

  #take(event, data) {
    if (event === "queued") this.#summary.queued(data.position);
    else if (event === "started") this.#summary.phase("run");
    else if (event === "phase") this.#phase(data.phase);
    else if (event === "output") this.#output(data);
    else if (event === "token") this.#token(data);
    else if (event === "result") this.#result(data);
    else if (event === "error") {
      const { message, code } = data.error ?? {};
      throw new api.ApiError(message ?? "The run failed.", { status: 500, code, requestId: data.requestId });
    }
  }

  #phase(name) {
    this.#preparing = name === "shell" || name === "compile";
    if (!this.#current.cancelled) this.#summary.phase(name);
  }

  // Output of compilers is not output of the program, on either stream.
  #output(data) {
    const isOutput = data.stream !== "stderr" && !this.#preparing;
    const text = (isOutput ? this.#stdout : this.#stderr).add(data);
    if (isOutput) this.#tree.print(text);
  }

  #token(data) {
    this.#tests.hidden = false;
    if (data.tag === "STATUS") this.#summary.say("busy", shortened(data.text, 200));
    this.#tree.add(data);
    this.#progress ||= setTimeout(() => {
      this.#progress = 0;
      if (this.running && !this.#current.cancelled) this.#summary.progress(this.#tree.counts);
    }, 100);
  }

  #result(result) {
    clearTimeout(this.#progress);
    this.#progress = 0;
    // The result overrides the tokens: it knows which tests did not finish, and tokens may be missing.
    if (result.tests && !this.#tree.endsAs(result.tests)) {
      this.#view = new TreeView(byId("tree"));
      this.#tree = TestTree.replay(result.tests, this.#view);
    }
    this.#tests.hidden = this.#tree.root.children.length === 0;
    // Messages of compilers and limits are in the result's standard error, cleaned.
    if (typeof result.stderr === "string") this.#stderr.replace(result.stderr);
    if (this.#stdout.length === 0 && !result.tests && result.stdout) this.#stdout.replace(result.stdout);
    this.#settle(result.truncated);
    this.#summary.result(result);
    if (result.truncated?.stdout || result.truncated?.stderr)
      this.#summary.notice("Some output is missing: there was more than the service keeps.");
  }

  #settle(truncated = {}) {
    clearTimeout(this.#progress);
    this.#progress = 0;
    this.#view.ended(this.#tree.unfinished());
    this.#stdout.end(truncated.stdout);
    this.#stderr.end(truncated.stderr);
    const { undrawn } = this.#view;
    if (undrawn > 0)
      this.#testsNote.textContent = `${undrawn.toLocaleString("en")} more entries are counted, but not drawn.`;
  }
}

function lost(error) {
  return new api.ApiError(`The connection to the service was lost (${error.message}).`);
}
