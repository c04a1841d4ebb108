// Reads the parts of the program, joins them into one scope, and runs them.
'use strict';

var fs = require('fs');
var path = require('path');
var vm = require('vm');
var Module = require('module');

var PARTS = '.cloche';
var reallyExit = process.reallyExit.bind(process);
var callApply = Function.prototype.call.bind(Function.prototype.apply);
var functionText = Function.prototype.call.bind(Function.prototype.toString);

// Reads the texts that the profile laid out and removes them from the work directory, so that user code finds only its
// own files.
exports.take = function (names) {
  var parts = {};
  names.forEach(function (name) {
    var file = path.join(PARTS, name + '.js');
    parts[name] = '';
    if (!fs.existsSync(file)) return;
    parts[name] = fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '').replace(/^#!/, '//');
    fs.unlinkSync(file);
  });
  try {
    fs.rmdirSync(PARTS);
  } catch (error) {
    // The directory may still hold files of the user.
  }
  return parts;
};

var FOREIGN = new RegExp([
  '/cloche/adapters/', '\\bnode:', '\\(internal/', '\\((?:module|timers|vm|events|node)\\.js:', '\\(native\\)$',
  '\\(<anonymous>\\)$', '/usr/share/nodejs/(?:mocha|chai)/'
].join('|'));

function lines(text) {
  return text.split(/\r\n|[\n\r\u2028\u2029]/).length;
}

// The `require` that a file of this name in the work directory would have, and its module.
exports.makeModule = function (name) {
  var file = path.resolve(name);
  var module = new Module(name, null);
  module.filename = file;
  module.paths = Module._nodeModulePaths(path.dirname(file));
  module._compile('exports.require = require;', file);
  var require = module.exports.require;
  module.exports = {};
  return { module: module, require: require };
};

// Prints the error on stderr as Node would, and ends the process.
exports.complain = function (error) {
  fs.writeSync(2, (error && error.stack ? exports.ownFrames(error.stack) : String(error)) + '\n');
  reallyExit(1);
};

// A stack without the frames of Node and of the adapter.
exports.ownFrames = function (stack) {
  return String(stack).split('\n').filter(function (line) {
    return !/^\s+at /.test(line) || !FOREIGN.test(line);
  }).join('\n');
};

// Checks that each part is complete by itself, so that no part can swallow or close the next one.
function check(parts) {
  ['setup', 'solution', 'fixture'].forEach(function (name) {
    // Parsed as a script, so that the message names the place of a mistake.
    new vm.Script('(function () {' + parts[name] + '\n})', { filename: name + '.js' });
  });
  // Parsed as a function body, so that the parser confirms that the part ends where its text ends.
  [['solution', parts.setup + '\n;\n' + parts.solution], ['fixture', parts.fixture]].forEach(function (part) {
    try {
      new Function(part[1]);
    } catch (error) {
      throw new SyntaxError('the ' + part[0] + ' does not end where its text ends: ' + error.message);
    }
  });
}

// Runs setup and solution in one function scope, and the fixture in a function inside that scope, so that it sees what
// they declare, also with let, const and class.
//   parameters, values  the parameters of the scope of setup and solution; `self` is its `this`
//   afterSetup()        called between the setup and the solution
//   bindings            names that the fixture gets as parameters
//   bound               their values
//   beforeFixture()     called before the fixture; an exception keeps it from running
//   afterFixture()      called when it has run to its end
// Returns whether the fixture was reached. A syntax error ends the process with status 1.
exports.run = function (parts, options) {
  try {
    check(parts);
  } catch (error) {
    exports.complain(error);
  }
  // A name that no part uses. A solution that learns it gains nothing: see pass().
  var gate = 'cloche_' + String(Math.random()).slice(2) + String(Math.random()).slice(2);
  var fixture = 'function (' + options.bindings.join(', ') + ') { (function () {\n' + parts.fixture +
    '\n})(); }';
  var text = '(function (' + options.parameters.concat(gate).join(', ') + ') {;\n' + parts.setup + '\n;' + gate +
    '();\n' + parts.solution + '\n;' + gate + '(' + fixture + ');\n})';
  var script = new vm.Script(text, { filename: 'solution.js', lineOffset: -2 - lines(parts.setup) });
  var calls = 0, reached = false, apply = callApply, bound = options.bound;
  function pass(given) {
    if (calls++ === 0) {
      options.afterSetup();
    } else if (!reached && typeof given === 'function' && functionText(given) === fixture) {
      // The solution may have got hold of this function, so it accepts only the fixture itself.
      reached = true;
      options.beforeFixture();
      apply(given, undefined, bound);
      options.afterFixture();
    }
  }
  script.runInThisContext().apply(options.self, options.values.concat(pass));
  return reached;
};

// Translates places in the joined text into places in its parts.
exports.placer = function (parts) {
  var setup = lines(parts.setup), solution = lines(parts.solution);
  return function (stack) {
    return String(stack).replace(/\bsolution\.js:(-?\d+)/g, function (place, digits) {
      var line = +digits;
      if (line < 1) return 'setup.js:' + (line + setup + 1);
      return line <= solution ? place : 'fixture.js:' + (line - solution - 1);
    }).replace(/\n\s+at [^\n]*fixture\.js:0:[^\n]*/g, ''); // the call of the fixture itself
  };
};

// Defines the globals that a program given with -e has.
exports.bindGlobals = function () {
  var made = exports.makeModule('[eval]');
  var values = {
    require: made.require, module: made.module, exports: made.module.exports, __filename: '[eval]', __dirname: '.'
  };
  for (var name in values)
    Object.defineProperty(global, name, {
      value: values[name], writable: true, configurable: true, enumerable: false
    });
  return made;
};
