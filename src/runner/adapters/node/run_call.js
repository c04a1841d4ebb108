// run_call.js PROGRAM: calls a function of PROGRAM. The runner wrote its name and arguments into .cloche/call.json.
'use strict';

var fs = require('fs');
var path = require('path');
var vm = require('vm');
var program = require('./program');
var json = require('./call_json');
var link = require('./channel').connect(); // a warm start waits here

var CALL = path.join('.cloche', 'call.json');
// Names are looked up by evaluating them, so a text that cannot be a name is never evaluated.
var NO_NAME = /[\s,;:()\[\]{}'"`+\-*\/%&|^!~<>=?@#\\]|^$/;

var call = JSON.parse(fs.readFileSync(CALL, 'utf8'));
fs.unlinkSync(CALL);
var parts = program.take(path.resolve(process.argv[2]), ['setup']);
var exit = process.reallyExit.bind(process);
var apply = Function.prototype.call.bind(Function.prototype.apply);
var made = program.bindGlobals(parts.file);
var waiting = ''; // the step that the program must not end before; empty: none
process.argv.splice(1, 2, parts.file);

// Ends the program and all work that the function left behind, once its output is written. Streams that are pipes may
// still hold some.
function leave(status) {
  var left = 2;
  function done() {
    if (--left === 0) exit(status);
  }
  waiting = '';
  function drain(name) {
    try {
      process[name].write('', done);
    } catch (error) {
      done(); // the solution replaced or closed the stream
    }
  }
  drain('stdout');
  drain('stderr');
}

function refuse(why) {
  link.report('NOVALUE', why);
  leave(1);
}

function give(value) {
  var text;
  try {
    text = json.encode(value);
  } catch (error) {
    if (!(error instanceof json.Unfit)) throw error;
    return refuse(error.message);
  }
  link.report('VALUE', text); // the runner refuses a value that is too long
  link.end();
  leave(0);
}

function fail(error) {
  process.stderr.write((error && error.stack ? program.stackOf(error, String) : String(error)) + '\n');
  leave(1);
}

// The value that the solution declares under this name or, if it declares none, exports.
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

// The function, and the object that it is a method of. If there is no such function, reports why and returns nothing.
function find(entry, names) {
  var found, self;
  for (var i = 0; i < names.length; i++) {
    self = found;
    found = i === 0 ? lookUp(names[0]) : found[names[i]];
    if (found === undefined || found === null) return refuse('there is no function ' + entry);
  }
  if (typeof found !== 'function') return refuse(entry + ' is not a function');
  return { self: self, run: found };
}

function start(names) {
  var offset = parts.setup.split('\n').length;
  waiting = 'the function was called';
  try {
    program.runGlobally(parts.setup + ';\n' + parts.solution, parts.file, offset);
  } catch (error) {
    if (!program.isModuleSyntax(error) || parts.setup) return fail(error);
    return program.importFile(parts.file, function (exported) {
      made.module.exports = exported;
      answer(names);
    }, fail);
  }
  answer(names);
}

function answer(names) {
  var value;
  try {
    var found = find(call.entry, names);
    if (!found) return;
    waiting = 'the function returned';
    value = apply(found.run, found.self, call.args);
  } catch (error) {
    return fail(error);
  }
  if (value === null || typeof value !== 'object' || typeof value.then !== 'function') return give(value);
  waiting = 'its promise was settled';
  // Called outside of the promise, so that an exception in give() or fail() is reported like any other.
  value.then(function (value) { setImmediate(give, value); }, function (error) { setImmediate(fail, error); });
}

process.on('exit', function (code) {
  if (code || !waiting) return;
  link.report('NOVALUE', 'the program ended before ' + waiting);
  exit(1);
});

var names = call.entry.split('.');
if (names.some(function (name) { return NO_NAME.test(name); })) refuse('there is no function ' + call.entry);
else start(names);
