// Calls a function of the solution: the runner wrote its name and arguments into .cloche/call.json.
'use strict';

var fs = require('fs');
var path = require('path');
var vm = require('vm');
var program = require('./program');
var json = require('./call_json');
var link = require('./channel').connect();

var CALL = path.join('.cloche', 'call.json');
// Only what could be a name is looked up: looking up means to evaluate it.
var NO_NAME = /[\s,;:()\[\]{}'"`+\-*\/%&|^!~<>=?@#\\]|^$/;

var call = JSON.parse(fs.readFileSync(CALL, 'utf8'));
fs.unlinkSync(CALL);
var parts = program.take(['setup', 'solution']);
var exit = process.reallyExit.bind(process);
var apply = Function.prototype.call.bind(Function.prototype.apply);
var made = program.bindGlobals();
process.argv.splice(1, 1);

function refuse(why) {
  link.report('NOVALUE', why);
  exit(1);
}

// The program is over: what the function left running goes with it.
function give(value) {
  var text;
  try {
    text = json.encode(value);
  } catch (error) {
    if (!(error instanceof json.Unfit)) throw error;
    refuse(error.message);
  }
  if (!link.reportWhole('VALUE', text)) refuse('its value takes more than 1 MB as JSON');
  link.end();
  exit(0);
}

// What the solution declares under this name, or else exports.
function lookUp(name) {
  var found;
  try {
    found = vm.runInThisContext(name);
  } catch (error) {
    // Not declared.
  }
  if (found === undefined && made.module.exports) found = made.module.exports[name];
  return found;
}

// The function, and what it is a method of.
function find(entry) {
  var names = entry.split('.'), found, self;
  for (var i = 0; i < names.length; i++) {
    if (NO_NAME.test(names[i])) refuse('there is no function ' + entry);
    self = found;
    found = i === 0 ? lookUp(names[0]) : found[names[i]];
    if (found === undefined || found === null) refuse('there is no function ' + entry);
  }
  if (typeof found !== 'function') refuse(entry + ' is not a function');
  return { self: self, run: found };
}

var waiting = '';
process.on('exit', function (code) {
  if (!code && waiting) refuse('the program ended before ' + waiting);
});

var offset = parts.setup.split('\n').length;
waiting = 'the function was called';
new vm.Script(parts.setup + ';\n' + parts.solution, { filename: 'solution.js', lineOffset: -offset })
  .runInThisContext();
var found = find(call.entry);
waiting = 'the function returned';
var value = apply(found.run, found.self, call.args);
if (value !== null && typeof value === 'object' && typeof value.then === 'function') {
  waiting = 'its promise was settled';
  // Out of the promise, for an exception on the way to be told like any other.
  value.then(
    function (value) { setImmediate(give, value); },
    function (error) { setImmediate(program.complain, error); }
  );
} else {
  give(value);
}
