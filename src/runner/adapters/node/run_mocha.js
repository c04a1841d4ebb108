// run_mocha.js bdd|tdd TIMEOUT PROGRAM: runs PROGRAM and the fixture with mocha. TIMEOUT is in milliseconds; empty or 0:
// none. run_mocha.js bdd|tdd TIMEOUT --project ENTRY: a project.
'use strict';

var path = require('path');
var program = require('./program');
var chaiHook = require('./chai_hook');
var makeReporter = require('./mocha_reporter').make;
// The files of a request may bring a mocha of their own, which must not be loaded before the channel is taken. A warm
// start has no files yet, and Node keeps the modules that it has loaded.
if (process.env.CLOCHE_WARM !== undefined) program.makeModule(path.resolve('warm.js')).require('mocha');
var link = require('./channel').connect(); // a warm start waits here

var ui = process.argv[2], timeout = +process.argv[3] || 0, project = process.argv[4] === '--project';
var exit = process.reallyExit.bind(process), pid = process.pid;
var NAMES = {
  bdd: ['describe', 'context', 'it', 'specify', 'before', 'after', 'beforeEach', 'afterEach', 'xdescribe', 'xcontext',
    'xit', 'xspecify'],
  tdd: ['suite', 'test', 'setup', 'teardown', 'suiteSetup', 'suiteTeardown']
}[ui];

var file = path.resolve(process.argv[project ? 5 : 4]);
var parts = project ? null : program.take(file, ['setup', 'fixture']);
var place = parts ? program.placer(parts) : String;
var made = program.makeModule(file);
process.argv.splice(1, project ? 5 : 4, file);

var Mocha = made.require('mocha');
var Reporter = makeReporter(link, function (error) { return program.stackOf(error, place); });
// Mocha's own filter of stacks takes whole lines, also those of messages, for the name of a file in them.
var mocha = new Mocha({ ui: ui, timeout: timeout, reporter: Reporter, fullTrace: true });
var root = mocha.suite;

// User code that asks for mocha gets another copy of it than the one that runs the tests.
Object.keys(made.require.cache).forEach(function (name) {
  if (/[\\/]mocha[\\/]/.test(name)) delete made.require.cache[name];
});
process.binding = function () { throw new Error('process.binding is not available in tests'); };

// The plugin of this name shows the values of failed comparisons side by side.
chaiHook.provide('chai-display', function () {
  return require('./chai_display').make(made.require('chai'), link);
});

// Remembers the lengths of the root suite's lists. Returns a function that cuts the lists back to them.
function mark() {
  var lists = ['suites', 'tests', '_beforeAll', '_afterAll', '_beforeEach', '_afterEach', '_onlyTests', '_onlySuites'];
  var lengths = lists.map(function (name) { return root[name] ? root[name].length : 0; });
  return function () {
    for (var i = 0; i < lists.length; i++) if (root[lists[i]]) root[lists[i]].length = lengths[i];
  };
}

root.emit('pre-require', global, file, mocha);
if (project) {
  program.load(file, made.require, run, program.complain);
} else {
  var cut = null;
  var reached = program.run(parts, {
    self: made.module.exports,
    parameters: ['exports', 'require', 'module', '__filename', '__dirname'],
    values: [made.module.exports, made.require, made.module, file, path.dirname(file)],
    afterSetup: function () { cut = mark(); },
    bindings: NAMES.concat('require'),
    bound: NAMES.map(function (name) { return global[name]; }).concat(made.require),
    // Only the fixture defines tests: drop those that the solution added.
    beforeFixture: function () { cut(); },
    afterFixture: function () {}
  });
  if (!reached) program.complain(new Error('The solution returned before its tests were reached'));
  run();
}

function run() {
  root.emit('require', made.module.exports, file, mocha);
  root.emit('post-require', global, file, mocha);
  mocha.run(function () {
    if (process.pid === pid) link.end();
    exit(0);
  });
}
