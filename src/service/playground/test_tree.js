// The tree of tests, built from tokens as they arrive, by the rules of src/runner/report/tree.cc. It has
// the form of "tests" in the result. A listener receives every change.

const RANK = ["none", "skipped", "passed", "failed", "error"];
const OUTCOMES = { PASSED: "passed", FAILED: "failed", ERROR: "error", SKIPPED: "skipped" };
const LOGS = new Set(["LOG", "TAB", "OUT", "PROP"]);
const MAX_DEPTH = 100;

export class TestTree {
  root = node("group", "");
  counts = { tests: 0, passed: 0, failed: 0, errors: 0, skipped: 0 };
  #open = [this.root];
  #tooDeep = 0;
  #listener;

  // listener: opened(node), closed(node), judged(node, outcome), asserted(node, assertion),
  // logged(node, log), printed(node, text).
  constructor(listener) {
    this.#listener = listener;
  }

  add({ tag, text = "", mode = "", label = "", milliseconds }) {
    if (tag === "DESCRIBE") this.#push("group", text);
    else if (tag === "IT") this.#push("test", text);
    else if (tag === "COMPLETEDIN") this.#pop(milliseconds);
    else if (OUTCOMES[tag]) this.#assert({ outcome: OUTCOMES[tag], message: text });
    else if (LOGS.has(tag)) this.#log({ tag, mode, label, text });
  }

  // Output belongs to the innermost open test or group, or to the run if none is open.
  print(text) {
    const top = this.#top();
    if (top !== this.root) this.#listener.printed(top, text);
  }

  // Gives the tests that were open when the run ended.
  unfinished() {
    return this.#open.slice(1);
  }

  // A whole tree, as a result has it.
  static replay(tests, listener) {
    const tree = new TestTree(listener);
    for (const test of tests) tree.#replay(test, 0);
    return tree;
  }

  // Whether the result's tests equal the tree from the tokens. Tests that were open may count as broken
  // off.
  endsAs(tests) {
    if (same(this.root.children, tests)) return true;
    for (const test of this.unfinished())
      if (test.kind === "test") this.#judge(test, { outcome: "error", message: "The test did not finish" });
    return same(this.root.children, tests);
  }

  #top() {
    return this.#open[this.#open.length - 1];
  }

  #push(kind, name) {
    if (this.#open.length > MAX_DEPTH) {
      ++this.#tooDeep;
      return;
    }
    this.#open.push(this.#addTo(this.#top(), kind, name));
  }

  #addTo(parent, kind, name) {
    const child = node(kind, name, parent);
    parent.children.push(child);
    if (kind === "test") ++this.counts.tests;
    this.#listener.opened(child);
    return child;
  }

  #pop(milliseconds) {
    if (this.#tooDeep > 0) {
      --this.#tooDeep;
      return;
    }
    if (this.#open.length === 1) return; // some frameworks close the whole run too
    const closed = this.#open.pop();
    closed.milliseconds = milliseconds;
    this.#listener.closed(closed);
  }

  #assert(assertion) {
    let test = this.#top();
    if (test.kind === "group") test = this.#addTo(test, "test", "");
    this.#judge(test, assertion);
  }

  #judge(test, assertion) {
    test.assertions.push(assertion);
    this.#listener.asserted(test, assertion);
    this.#raise(test, assertion.outcome);
  }

  // An outcome is the worst outcome of all children.
  #raise(test, outcome) {
    for (let at = test; at && RANK.indexOf(outcome) > RANK.indexOf(at.outcome); at = at.parent) {
      if (at.kind === "test") {
        this.#count(at.outcome, -1);
        this.#count(outcome, 1);
      }
      at.outcome = outcome;
      if (at !== this.root) this.#listener.judged(at, outcome);
    }
  }

  #count(outcome, by) {
    if (outcome === "error") this.counts.errors += by;
    else if (outcome !== "none") this.counts[outcome] += by;
  }

  #log(log) {
    let test = this.#top();
    // A log after an assertion outside of any test belongs to that assertion.
    const last = test.children[test.children.length - 1];
    if (test.kind === "group" && last && last.kind === "test" && !last.name) test = last;
    test.logs.push(log);
    this.#listener.logged(test, log);
  }

  #replay(test, depth) {
    if (depth > MAX_DEPTH) return;
    const made = this.#addTo(this.#top(), test.kind === "group" ? "group" : "test", test.name ?? "");
    this.#open.push(made);
    for (const assertion of test.assertions ?? []) this.#judge(made, assertion);
    for (const log of test.logs ?? []) {
      made.logs.push(log);
      this.#listener.logged(made, log);
    }
    for (const child of test.children ?? []) this.#replay(child, depth + 1);
    if (RANK.includes(test.outcome)) this.#raise(made, test.outcome);
    this.#pop(test.milliseconds);
  }
}

function node(kind, name, parent = null) {
  return { kind, name, parent, outcome: "none", children: [], assertions: [], logs: [] };
}

function same(ours, theirs) {
  if (ours.length !== theirs.length) return false;
  return ours.every((test, i) => {
    const other = theirs[i];
    return (
      test.kind === other.kind &&
      test.name === other.name &&
      test.outcome === other.outcome &&
      test.assertions.length === (other.assertions ?? []).length &&
      test.logs.length === (other.logs ?? []).length &&
      same(test.children, other.children ?? [])
    );
  });
}
