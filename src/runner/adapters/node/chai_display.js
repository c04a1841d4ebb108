// Replaces the package `chai-display` under mocha: a chai assertion that compares and fails shows its values as tabs.
'use strict';

var inspect = require('util').inspect;

exports.make = function (chai, link) {
  var assert = chai.Assertion.prototype.assert;
  chai.Assertion.prototype.assert = function (expression, message, negated, expected) {
    try {
      return assert.apply(this, arguments);
    } catch (error) {
      if (arguments.length > 3 && expected !== undefined) {
        link.report('LOG', inspect(expected), { label: '-Expected' });
        link.report('PROP', 'failed', { label: 'className' });
        link.report('TAB', inspect(error.actual), { label: 'Actual' });
        link.report('TAB', '', { label: 'Diff', mode: 'DIFF' });
      }
      throw error;
    }
  };
  return function () {};
};
