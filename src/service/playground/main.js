// The page: the choices, the editors and the buttons.

import * as api from "./api.js";
import { Choices, PROGRAM } from "./choices.js";
import { byId } from "./dom.js";
import { Editor } from "./editor.js";
import { Runner } from "./run.js";
import { fromFragment, load, save, toFragment } from "./storage.js";
import { Summary } from "./summary.js";
import { testLanguage } from "./syntax.js";
import { askForToken } from "./token_dialog.js";
import { Work } from "./work.js";

const KEEP_AFTER_MS = 400;

const summary = new Summary();
const runner = new Runner(summary);
const help = "editor-help";
const editor = (id, label) => new Editor(byId(id), { label, describedBy: help, changed: touched, run });
const editors = {
  solution: editor("solution", "Solution"),
  fixture: editor("fixture", "Tests"),
  setup: editor("setup", "Preloaded code"),
};
const fields = { stdin: byId("stdin"), arguments: byId("arguments"), timeout: byId("timeout") };
const choices = new Choices({ languageChanged, changed: choiceChanged });
const runButton = byId("run");
const cancelButton = byId("cancel");
let work = null;
let shown = { language: "" };
let keepTimer = 0;

function show(put = (editor, text) => editor.load(text)) {
  const { language, framework } = choices;
  const sameLanguage = shown.language === language;
  shown = { language };
  const texts = work.texts(framework);
  for (const [name, each] of Object.entries(editors)) put(each, texts[name]);
  for (const [name, each] of Object.entries(fields)) each.value = texts[name];
  byId("fixture-pane").hidden = framework === PROGRAM;
  for (const [pane, filled] of [["setup-pane", texts.setup], ["input-pane", texts.stdin + texts.arguments + texts.timeout]])
    byId(pane).open = filled !== "" || (sameLanguage && byId(pane).open);
  const ofTests = testLanguage(language);
  editors.solution.setLanguage(language);
  editors.fixture.setLanguage(ofTests);
  editors.setup.setLanguage(framework === PROGRAM ? language : ofTests);
}

function current() {
  return {
    solution: editors.solution.text,
    setup: editors.setup.text,
    fixture: editors.fixture.text,
    stdin: fields.stdin.value,
    arguments: fields.arguments.value,
    timeout: fields.timeout.value,
  };
}

function whole() {
  const { language, version, framework } = choices;
  const texts = Object.entries(current()).filter(([name, value]) => value && (framework !== PROGRAM || name !== "fixture"));
  return { language, version, framework, ...Object.fromEntries(texts) };
}

function touched() {
  clearTimeout(keepTimer);
  keepTimer = setTimeout(keep, KEEP_AFTER_MS);
}

async function keep() {
  keepNoMore();
  if (!work || !shown.language) return;
  const kept = work.store(current(), choices.version);
  if (!kept) say("This browser keeps nothing: copy a link to keep your work.");
  if (!work.linked) return;
  const fragment = await toFragment(whole());
  if (work.linked) history.replaceState(null, "", fragment);
}

function keepNoMore() {
  clearTimeout(keepTimer);
  keepTimer = 0;
}

function leaveLink() {
  if (!work.linked) return;
  keepNoMore();
  work.linked = false;
  history.replaceState(null, "", location.pathname + location.search);
}

function languageChanged() {
  if (keepTimer && !work.linked) keep();
  leaveLink();
  const { language } = choices;
  save("language", language);
  work.open(language);
  choices.select(language, Work.choices(language));
  show();
}

function choiceChanged() {
  // The editors still hold the texts of the framework that was chosen before.
  work.store(current(), choices.version);
  show();
  keep();
}

async function run() {
  if (runner.running || runButton.getAttribute("aria-disabled") === "true") return;
  if (keepTimer) keep();
  setRunning(true);
  byId("results").classList.add("used");
  if (matchMedia("(max-width: 40rem)").matches) byId("results").scrollIntoView();
  try {
    await runner.run(request());
  } catch (error) {
    await refused(error);
  } finally {
    setRunning(false);
  }
}

function request() {
  const { language, version, framework } = choices;
  const texts = current();
  const made = { language, languageVersion: version, solution: texts.solution };
  if (framework !== PROGRAM) Object.assign(made, { testFramework: framework, fixture: texts.fixture });
  if (texts.setup) made.setup = texts.setup;
  if (texts.stdin) made.stdin = texts.stdin;
  if (texts.arguments) made.arguments = texts.arguments.replace(/\n$/, "").split("\n");
  if (Number(texts.timeout) > 0) made.timeout = Math.round(Number(texts.timeout) * 1000);
  return made;
}

async function refused(error) {
  if (!(error instanceof api.ApiError)) throw error;
  if (error.wantsToken) {
    summary.say("bad", "A token is needed", error.message);
    setRunning(false);
    if (await askForToken(error.message)) setTimeout(run);
    return;
  }
  const name = error.requestId ? ` (request ${error.requestId})` : "";
  if (error.status === 429) {
    const wait = error.retryAfter;
    const when = wait > 0 ? `Try again in ${wait} ${wait === 1 ? "second" : "seconds"}: press Run.` : "Press Run to try again.";
    summary.say("odd", "The service is busy", `${error.message} ${when}`);
    return;
  }
  const title = error.status >= 500 ? "The service failed" : error.status ? "The service refused" : "No answer";
  summary.say("bad", title, error.message + name);
}

// Inactive buttons stay focusable, so that the focus is never lost.
function setRunning(running) {
  runButton.setAttribute("aria-disabled", String(running));
  cancelButton.setAttribute("aria-disabled", String(!running));
  document.body.classList.toggle("running", running);
  byId("results").setAttribute("aria-busy", String(running));
}

async function copyLink() {
  const fragment = await toFragment(whole());
  const link = new URL(fragment, location.href).href;
  try {
    await navigator.clipboard.writeText(link);
    say("Link copied. It holds the code; nothing was sent.");
  } catch {
    history.replaceState(null, "", fragment);
    say("The link is in the address bar. It holds the code; nothing was sent.");
  }
}

function reset() {
  work.reset();
  show((editor, text) => editor.replace(text));
  if (work.linked) keep();
  say("The example is back. Undo in an editor brings your text back.");
}

let sayTimer = 0;
function say(text) {
  const toast = byId("toast");
  toast.textContent = text;
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => (toast.textContent = ""), 6000);
}

function followTheme() {
  const select = byId("theme");
  select.value = document.documentElement.dataset.theme ?? "system";
  select.addEventListener("change", () => {
    if (select.value === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = select.value;
    save("theme", select.value);
  });
}

async function openLink() {
  let brought;
  try {
    brought = await fromFragment(location.hash);
  } catch {
    say("This link cannot be read; it may have been cut short.");
    return false;
  }
  if (!brought) return false;
  const language = choices.nameOf(brought.language);
  if (!language) {
    say(`This service does not know the link's language, ${brought.language.slice(0, 40)}.`);
    return false;
  }
  if (keepTimer && !work.linked) keep();
  keepNoMore();
  choices.select(language, brought);
  work.openLinked(language, { ...brought, framework: choices.framework });
  show();
  return true;
}

function openKept() {
  const language = choices.nameOf(load("language") ?? "") || choices.first;
  if (!language) return summary.say("bad", "No languages", "The service offers none.");
  work.open(language);
  choices.select(language, Work.choices(language));
  show();
}

async function languages() {
  for (;;) {
    try {
      return await api.languages();
    } catch (error) {
      if (!error.wantsToken) throw error;
      if (!(await askForToken(error.message))) throw error;
    }
  }
}

async function begin() {
  followTheme();
  setRunning(false);
  const examples = fetch(document.documentElement.dataset.examples)
    .then((response) => response.json())
    .catch(() => ({})); // without examples the editors begin empty
  try {
    choices.languages = await languages();
  } catch (error) {
    runButton.setAttribute("aria-disabled", "true");
    summary.say("bad", "The service's languages cannot be read", `${error.message} Reload the page to try again.`);
    return;
  }
  work = new Work(await examples);
  if (!(await openLink())) openKept();
  document.body.classList.add("ready");
}

runButton.addEventListener("click", run);
cancelButton.addEventListener("click", () => runner.cancel());
byId("link").addEventListener("click", copyLink);
byId("reset").addEventListener("click", reset);
for (const field of Object.values(fields)) field.addEventListener("input", touched);
addEventListener("hashchange", () => work && openLink());
addEventListener("pagehide", () => keepTimer && keep());
addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.defaultPrevented) return;
  if (byId("token-dialog").open) return;
  event.preventDefault();
  run();
});

begin();
