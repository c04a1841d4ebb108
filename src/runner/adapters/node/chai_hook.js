// Makes chai report every assertion to a framework that asks for them.
'use strict';

var Module = require('module');

// Calls found(exports) the first time that the module `name` is loaded.
exports.whenLoaded = function (name, found) {
  var load = Module._load;
  var seen = [];
  Module._load = function (request) {
    var exported = load.apply(this, arguments);
    if (request === name && seen.indexOf(exported) < 0) {
      seen.push(exported);
      found(exported);
    }
    return exported;
  };
};

// Replaces the function behind all assertions. The hook calls tell(ok, message, comparison) with the outcome of each;
// comparison holds the expected and the actual value, or is absent.
exports.hook = function (chai, tell) {
  chai.use(function (chai, utils) {
    chai.Assertion.prototype.assert = function (expression, message, negated, expected, actual, showDiff) {
      var ok = utils.test(this, arguments);
      var comparing = arguments.length > 3 && expected !== undefined && showDiff !== false;
      tell(!!ok, utils.getMessage(this, arguments),
        comparing ? { expected: expected, actual: utils.getActual(this, arguments) } : undefined);
    };
  });
};

// Makes require(name) return the result of make(), which is called once.
exports.provide = function (name, make) {
  var load = Module._load, made;
  Module._load = function (request) {
    if (request !== name) return load.apply(this, arguments);
    return made || (made = make());
  };
};
