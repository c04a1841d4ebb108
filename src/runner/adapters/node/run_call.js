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
var waiting = ''; // for what, where the program may not end before it
process.argv.splice(1, 1);

// The program is over: what the function left running goes with it, once its output is out. Streams that are pipes may
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
      done(); // replaced or closed by the solution
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
  link.report('VALUE', text); // the runner refuses one that is too long
  link.end();
  leave(0);
}

function fail(error) {
  process.stderr.write((error && error.stack ? program.ownFrames(error.stack) : String(error)) + '\n');
  leave(1);
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

// The function, and what it is a method of. Nothing, with the reason told, if there is no such function.
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
  new vm.Script(parts.setup + ';\n' + parts.solution, { filename: 'solution.js', lineOffset: -offset })
    .runInThisContext();
  var found = find(call.entry, names);
  if (!found) return;
  waiting = 'the function returned';
  var value = apply(found.run, found.self, call.args);
  if (value === null || typeof value !== 'object' || typeof value.then !== 'function') return give(value);
  waiting = 'its promise was settled';
  // Out of the promise, for an exception on the way to be told like any other.
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
