// run.js PROGRAM [ARGUMENT]...: runs the setup in the global scope, and then PROGRAM as `node PROGRAM` would.
'use strict';

var path = require('path');
var Module = require('module');
var program = require('./program');

var file = path.resolve(process.argv[2]);
process.argv.splice(1, 2, file);
var setup = program.take(file, ['setup']).setup;
program.bindGlobals(path.resolve('setup.js'));
try {
  program.runGlobally(setup, path.resolve('setup.js'), 0);
} catch (error) {
  program.complain(error);
}
// Called later, so that no frame of the adapter is below those of the program.
process.nextTick(Module.runMain);
