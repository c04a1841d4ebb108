// run_cw2.js PROGRAM: runs PROGRAM and the fixture with the cw-2 framework. run_cw2.js --project ENTRY: a project.
'use strict';

var path = require('path');
var program = require('./program');
var chaiHook = require('./chai_hook');
var makeFramework = require('./cw2').make;
var link = require('./channel').connect(); // a warm start waits here

var NAMES = ['Test', 'describe', 'it', 'before', 'after'];
var project = process.argv[2] === '--project';
var file = path.resolve(process.argv[project ? 3 : 2]);
process.argv.splice(1, project ? 3 : 2, file);

var parts = project ? null : program.take(file, ['setup', 'fixture']);
var place = parts ? program.placer(parts) : String;
var framework = makeFramework(link, function (error) { return program.stackOf(error, place); });
chaiHook.whenLoaded('chai', function (chai) { chaiHook.hook(chai, framework.chai); });

NAMES.forEach(function (name) {
  Object.defineProperty(global, name, { value: framework.globals[name], enumerable: true });
});
var made = program.bindGlobals(file);
// chai is loaded on first use: most fixtures do without.
Object.defineProperty(global, 'assert', {
  configurable: true,
  get: function () { return made.require('chai').assert; },
  set: function (value) {
    Object.defineProperty(global, 'assert', { value: value, writable: true, configurable: true, enumerable: true });
  }
});

// The run ends when nothing is left to do. Then END is sent.
var self = global, pid = process.pid, reached = false;
process.exit = process.reallyExit = process.abort = function () {};
delete process._eval;
// Node before version 9 loads its own modules through process.binding on first use, so it must stay there.
if (!/^v[0-8]\./.test(process.version)) process.binding = function () { throw new Error('process.binding is not available in tests'); };
process.on('uncaughtException', framework.tell);
process.on('exit', function (code) {
  if (code || process.pid !== pid) return;
  if (!reached) framework.tell(new Error('The program ended before its tests were reached'));
  else if (!framework.idle()) framework.tell(new Error('The program ended before its tests did'));
  link.end();
});

framework.handleError(function () {
  if (project) {
    program.load(file, made.require, function () {
      reached = true;
      framework.read();
    }, function (error) {
      reached = true;
      framework.tell(error);
    });
    return;
  }
  var failed = true;
  try {
    program.run(parts, {
      self: self,
      parameters: [],
      values: [],
      afterSetup: function () {},
      bindings: NAMES.concat('require'),
      bound: NAMES.map(function (name) { return framework.globals[name]; }).concat(made.require),
      beforeFixture: function () {
        reached = true;
        if (global !== self) throw new Error('global was reassigned');
      },
      afterFixture: framework.read
    });
    failed = false;
  } finally {
    // handleError reports an exception of the fixture, so the error of an unreached fixture is not needed.
    if (failed) reached = true;
  }
});
