// A plain run: like `node -e "setup;\nsolution"`, with the code in files.
'use strict';

var vm = require('vm');
var program = require('./program');

var parts = program.take(['setup', 'solution']);
program.bindGlobals();
var offset = parts.setup.split('\n').length;
process.argv.splice(1, 1);
new vm.Script(parts.setup + ';\n' + parts.solution, { filename: 'solution.js', lineOffset: -offset })
  .runInThisContext();
