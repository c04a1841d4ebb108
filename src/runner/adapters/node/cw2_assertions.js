// The members of cw-2's object `Test` other than groups: assertions, display, random values.
'use strict';

var util = require('util');

var SOURCE = '[Codewars Code]';

// Seals an object and its functions: nothing can be replaced, and the functions do not show their source.
function seal(object) {
  Object.getOwnPropertyNames(object).forEach(function (name) {
    var property = Object.getOwnPropertyDescriptor(object, name);
    if (!('value' in property)) return;
    var value = property.value;
    if (Object.isFrozen(value)) return;
    if (typeof value === 'function') {
      Object.defineProperty(value, 'toString', { value: function () { return SOURCE; } });
      if (value.prototype) Object.freeze(value.prototype);
      Object.freeze(value);
    } else if (value && typeof value === 'object') {
      seal(value);
    }
  });
  return Object.freeze(object);
}
exports.seal = seal;

// host: pass(message), fail(message), report(tag, text, options)
exports.make = function (host) {
  var inspect = util.inspect;
  var isArray = Array.isArray, stringifyJson = JSON.stringify, random = Math.random, floor = Math.floor;
  var absolute = Math.abs, bindCall = Function.prototype.bind.bind(Function.prototype.call);
  var indexInText = bindCall(String.prototype.indexOf), indexInArray = bindCall(Array.prototype.indexOf);
  var assert = util.isDeepStrictEqual ? null : require('assert');
  var deepEqual = util.isDeepStrictEqual || function (a, b) { // before Node 9
    try {
      assert.deepEqual(a, b);
      return true;
    } catch (error) {
      return false;
    }
  };
  var explainAll = false;

  function render(value, above) {
    if (!isArray(value)) return inspect(value);
    for (var outer = above; outer; outer = outer.above) if (outer.value === value) return '[Circular]';
    var items = '', inner = { value: value, above: above };
    for (var i = 0; i < value.length; i++) items += (i ? ', ' : '') + render(value[i], inner);
    return '[' + items + ']';
  }
  function asText(value) {
    return typeof value === 'string' ? value : render(value);
  }
  function prefixed(message, rest) {
    return message === undefined || message === null || message === '' ? rest : asText(message) + ' - ' + rest;
  }
  function print(text) {
    process.stdout.write(text + '\n');
  }

  function log(text, label, mode) {
    host.report('LOG', asText(text), { label: label, mode: mode });
  }
  function tab(text, label, mode) {
    host.report('TAB', asText(text), { label: label, mode: mode });
  }
  function prop(name, value) {
    host.report('PROP', asText(value), { label: name });
  }
  function json(value) {
    return stringifyJson(value, null, 2) || String(value);
  }
  function explain(actual, expected, label, passed) {
    log(render(expected), label || 'Expected');
    prop('className', passed ? 'passed' : 'failed');
    tab(render(actual), 'Actual');
    tab('', 'Diff', 'DIFF');
  }

  function expect(passed, message, options) {
    if (passed) {
      var more = options && options.successMsg;
      host.pass('Test Passed' + (more ? ': ' + more : ''));
    } else {
      host.fail(message === undefined || message === null || message === ''
        ? 'Value is not what was expected' : asText(message));
    }
  }
  // options.explain shows both values beside each other instead of in one sentence.
  function compare(passed, actual, expected, message, options, success, failure) {
    var explaining = options && options.explain !== undefined ? options.explain : explainAll;
    if (passed) {
      expect(true, null, { successMsg: (options && options.successMsg) || success });
    } else if (explaining) {
      try {
        expect(false, prefixed(message, 'Values should be equal'));
      } finally {
        explain(actual, expected);
      }
    } else {
      expect(false, prefixed(message, failure));
    }
  }

  function assertEquals(actual, expected, message, options) {
    compare(actual === expected, actual, expected, message, options, 'Value == ' + render(expected),
      'Expected: ' + render(expected) + ', instead got: ' + render(actual));
  }
  function assertNotEquals(actual, unexpected, message, options) {
    if (actual !== unexpected) expect(true, null, { successMsg: 'Value != ' + render(unexpected) });
    else expect(false, prefixed(message, 'Values should not be equal: ' + render(actual)), options);
  }
  // For numbers up to 1 the margin is absolute, above it is relative.
  function close(actual, expected) {
    var distance = absolute(actual - expected), size = absolute(expected);
    return actual === expected || (size <= 1 ? distance : distance / size) <= 1e-9;
  }
  function includes(whole, part) {
    if (typeof whole === 'string') return indexInText(whole, part) >= 0;
    return (isArray(whole) ? indexInArray(whole, part) : whole.indexOf(part)) >= 0;
  }
  function splitCall(message, call) {
    return typeof message === 'function' ? { message: undefined, call: message } : { message: message, call: call };
  }
  function escapeHtml(text) {
    return asText(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;')
      .replace(/'/g, '&#39;');
  }
  function stringify(value) {
    return stringifyJson(value, function (key, item) {
      return typeof item === 'function' ? String(item) : item;
    });
  }

  var Test = {
    expect: expect,
    assertEquals: assertEquals,
    assertNotEquals: assertNotEquals,
    assertSimilar: function (actual, expected, message, options) {
      assertEquals(render(actual), render(expected), message, options);
    },
    assertNotSimilar: function (actual, unexpected, message, options) {
      assertNotEquals(render(actual), render(unexpected), message, options);
    },
    assertDeepEquals: function (actual, expected, message, options) {
      compare(deepEqual(actual, expected), actual, expected, message, options,
        'Value deep equals ' + render(expected),
        'Expected: ' + render(expected) + ', instead got: ' + render(actual));
    },
    assertNotDeepEquals: function (actual, unexpected, message) {
      if (deepEqual(actual, unexpected))
        expect(false, prefixed(message, 'Value should not deep equal ' + render(actual)));
      else expect(true, null, { successMsg: 'Value not deep equals ' + render(unexpected) });
    },
    assertContains: function (actual, expected, message) {
      if (includes(actual, expected))
        expect(true, null, { successMsg: 'Value ' + render(actual) + ' contains ' + render(expected) });
      else expect(false, prefixed(message, 'Value ' + render(actual) + ' should contain ' + render(expected)));
    },
    assertNotContains: function (actual, unexpected, message) {
      if (!includes(actual, unexpected))
        expect(true, null, { successMsg: 'Value ' + render(actual) + ' does not contain ' + render(unexpected) });
      else expect(false, prefixed(message, 'Value ' + render(actual) + ' should not contain ' + render(unexpected)));
    },
    assertApproxEquals: function (actual, expected, message) {
      expect(close(actual, expected), prefixed(message, 'Expected actual value ' + render(actual) +
        ' to approximately equal expected value ' + render(expected) + ' (accepted relative error: 1e-9)'));
    },
    assertNotApproxEquals: function (actual, unexpected, message) {
      expect(!close(actual, unexpected), prefixed(message, 'Actual value ' + render(actual) +
        ' should not approximately equal unexpected value ' + render(unexpected) +
        ' (rejected relative error: 1e-9)'));
    },
    expectError: function (message, call) {
      var given = splitCall(message, call), thrown = null;
      try {
        given.call();
      } catch (error) {
        thrown = { error: error };
      }
      if (thrown) print('<b>Expected error was thrown:</b> ' + String(thrown.error));
      expect(thrown, given.message || 'Expected an error to be thrown');
    },
    expectNoError: function (message, call) {
      var given = splitCall(message, call);
      try {
        given.call();
      } catch (error) {
        if (error instanceof host.TestError) throw error;
        return expect(false, asText(given.message || 'Unexpected error was thrown') + ': ' + String(error));
      }
      expect(true);
    },
    pass: function () { expect(true); },
    fail: function (message) { expect(false, message); },

    log: function () { print(Array.prototype.map.call(arguments, asText).join(' ')); },
    inspect: function (value) { return inspect(value); },
    stringify: stringify,
    format: function (value) { return render(value); },
    trace: function (message) { print(String(new Error(asText(message)).stack)); },
    escapeHtml: escapeHtml,
    display: {
      write: function (text) { print(asText(text)); },
      log: log,
      tab: tab,
      json: function (value, label) { log(json(value), label, 'JSON'); },
      prop: prop,
      inspect: function (value, label) { log(inspect(value), label); },
      explain: function (actual, expected, passed) { explain(actual, expected, 'Expected', passed); },
      explainJson: function (actual, expected, passed) {
        log(json(expected), 'Expected', 'JSON');
        prop('className', passed ? 'passed' : 'failed');
        tab(json(actual), 'Actual', 'JSON');
        tab('', 'Diff', 'DIFF');
      },
      message: prefixed,
      format: function (value) { return render(value); },
      escapeHtml: escapeHtml
    },

    randomNumber: function () { return floor(random() * 101); },
    randomToken: function () {
      var token = '';
      while (token.length < 8) token += floor(random() * 36).toString(36);
      return token;
    },
    randomize: function (values) {
      var mixed = values.slice();
      for (var i = mixed.length - 1; i > 0; i--) {
        var j = floor(random() * (i + 1)), kept = mixed[i];
        mixed[i] = mixed[j];
        mixed[j] = kept;
      }
      return mixed;
    },
    sample: function (values) { return values[floor(random() * values.length)]; }
  };
  Object.defineProperty(Test, 'explainAll', {
    enumerable: true,
    get: function () { return explainAll; },
    set: function (value) { explainAll = !!value; }
  });
  return { Test: Test, render: render, explain: explain };
};
