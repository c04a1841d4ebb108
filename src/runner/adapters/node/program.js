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

function read(file) {
  return fs.readFileSync(file, 'utf8').replace(/^\ufeff/, '').replace(/^#!/, '//');
}

// Reads the parts of the program. `file`, the solution, stays where it is. The parts that the profile laid out are removed
// from the work directory, so that user code finds only its own files.
exports.take = function (file, names) {
  var parts = { file: file, solution: fs.existsSync(file) ? read(file) : '' };
  names.forEach(function (name) {
    var part = path.join(PARTS, name + '.js');
    parts[name] = '';
    if (!fs.existsSync(part)) return;
    parts[name] = read(part);
    fs.unlinkSync(part);
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
  fs.writeSync(2, (error && error.stack ? exports.stackOf(error, String) : String(error)) + '\n');
  reallyExit(1);
};

// The stack of an error without the frames of Node and of the adapter, each other frame as place() has it. What comes
// before the frames, the message, stays as it is.
exports.stackOf = function (error, place) {
  var stack = String(error.stack), message = '';
  try {
    message = String(error.message);
  } catch (ignored) {
    // An object of the user's that only looks like an error.
  }
  var begin = message === '' ? -1 : stack.indexOf(message);
  var head = begin < 0 ? '' : stack.slice(0, begin + message.length);
  return head + stack.slice(head.length).split('\n').filter(function (line) {
    return !/^\s+at /.test(line) || !FOREIGN.test(line);
  }).map(place).filter(function (line) {
    return line !== null;
  }).join('\n');
};

// Node 0.10 takes the name of a script's file and no other option: a script begins at line 1, and the place of a syntax
// error is not in its message. It is printed on stderr if a third argument asks for that.
var OLDEST = /^v0\./.test(process.version);

// Names the file of a script, and lets its code import(), where this Node can.
function options(file, offset) {
  if (OLDEST) return file;
  var loader = vm.constants && vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  var chosen = { filename: file, lineOffset: offset };
  if (loader) chosen.importModuleDynamically = loader;
  return chosen;
}

// Runs a text in the global scope; line 1 of the file is line `offset` + 1 of the text.
exports.runGlobally = function (text, file, offset) {
  return new vm.Script(text, options(file, -offset)).runInThisContext();
};

// Calls found(exports) with what a file of a project exports, when it has been loaded.
exports.load = function (file, load, found, failed) {
  var exported;
  try {
    exported = load(file);
  } catch (error) {
    // A module of the other kind can only be imported.
    if (!error || (error.code !== 'ERR_REQUIRE_ESM' && error.code !== 'ERR_REQUIRE_ASYNC_MODULE')) return failed(error);
    return exports.importFile(file, found, failed);
  }
  found(exported);
};

// The same for an ES module. Only Nodes that have them can read `import()`.
exports.importFile = function (file, found, failed) {
  var url = require('url').pathToFileURL(file).href;
  exports.runGlobally('(function (url) { return import(url); })', file, 0)(url).then(found, failed);
};

// Whether a script did not parse because it is an ES module.
exports.isModuleSyntax = function (error) {
  return !!vm.constants && error instanceof SyntaxError &&
    /^(?:Cannot use import statement|Unexpected token 'export'|Cannot use 'import\.meta'|await is only valid)/
      .test(error.message);
};

// The path that a part is said to come from.
function fileOf(parts, name) {
  return name === 'solution' ? parts.file : path.join(path.dirname(parts.file), name + '.js');
}

// Checks that each part is complete by itself, so that no part can swallow or close the next one.
function check(parts) {
  ['setup', 'solution', 'fixture'].forEach(function (name) {
    // Parsed as a script, so that the message names the place of a mistake and shows the user's line alone.
    new vm.Script('(function () {' + (OLDEST ? '' : '\n') + parts[name] + '\n})', options(fileOf(parts, name), -1),
      OLDEST);
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
exports.run = function (parts, given) {
  try {
    check(parts);
  } catch (error) {
    exports.complain(error);
  }
  // A name that no part uses. A solution that learns it gains nothing: see pass().
  var gate = 'cloche_' + String(Math.random()).slice(2) + String(Math.random()).slice(2);
  var fixture = 'function (' + given.bindings.join(', ') + ') { (function () {\n' + parts.fixture +
    '\n})(); }';
  var text = '(function (' + given.parameters.concat(gate).join(', ') + ') {;\n' + parts.setup + '\n;' + gate +
    '();\n' + parts.solution + '\n;' + gate + '(' + fixture + ');\n})';
  var calls = 0, reached = false, apply = callApply, bound = given.bound;
  function pass(called) {
    if (calls++ === 0) {
      given.afterSetup();
    } else if (!reached && typeof called === 'function' && functionText(called) === fixture) {
      // The solution may have got hold of this function, so it accepts only the fixture itself.
      reached = true;
      given.beforeFixture();
      apply(called, undefined, bound);
      given.afterFixture();
    }
  }
  exports.runGlobally(text, parts.file, 2 + lines(parts.setup)).apply(given.self, given.values.concat(pass));
  return reached;
};

// Returns a function that translates a frame's place in the joined text into one in its parts, which are named without
// their directory. It returns null for the call of the fixture itself.
exports.placer = function (parts) {
  var setup = lines(parts.setup), solution = lines(parts.solution);
  var name = parts.file.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  var place = new RegExp('(?:file://)?' + name + ':(-?\\d+)');
  return function (frame) {
    var found = place.exec(frame);
    if (!found) return frame;
    var line = +found[1] - (OLDEST ? 2 + setup : 0), other = path.basename(parts.file) + ':' + line;
    if (line === solution + 1) return null;
    if (line < 1) other = 'setup.js:' + (line + setup + 1);
    if (line > solution) other = 'fixture.js:' + (line - solution - 1);
    return frame.slice(0, found.index) + other + frame.slice(found.index + found[0].length);
  };
};

// Defines globals of the names that a module has in its scope, for code that runs in the global scope.
exports.bindGlobals = function (file) {
  var made = exports.makeModule(file);
  var values = {
    require: made.require, module: made.module, exports: made.module.exports, __filename: file,
    __dirname: path.dirname(file)
  };
  for (var name in values)
    Object.defineProperty(global, name, {
      value: values[name], writable: true, configurable: true, enumerable: false
    });
  return made;
};
