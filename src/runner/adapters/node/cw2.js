// The cw-2 test framework: Test, describe, it, before, after.
//
// Groups run in the order in which they are written. A test that can run at once does so. While a test is waited for,
// the tests after it queue up.
'use strict';

var makeAssertions = require('./cw2_assertions').make;
var seal = require('./cw2_assertions').seal;

var DEFAULT_WAIT = 2000;

// link: the channel. stackOf(error): its stack as users should see it.
exports.make = function (link, stackOf) {
  var delay = setTimeout, undelay = clearTimeout, define = Object.defineProperty;
  var root = makeGroup(null, null);
  var current = root;   // the group whose body is being run
  var awaited = root;   // the innermost group whose body goes on asynchronously
  var reading = true;   // until the fixture has been run to its end

  function TestError(message) {
    this.name = 'TestError';
    this.message = message;
    this.stack = 'TestError: ' + message;
  }
  TestError.prototype = Object.create(Error.prototype, { constructor: { value: TestError } });

  // This code also runs after user code, so it uses no method that user code can replace: not Array.prototype.push, and
  // not even the assignment of an element, because a setter on the prototype would see it.
  function append(list, item) {
    define(list, list.length, { value: item, writable: true, enumerable: true, configurable: true });
  }

  function makeGroup(parent, wait) {
    return {
      parent: parent,
      wait: wait,        // milliseconds; null where tests are not given a callback
      held: wait !== null, // tests wait until the whole group has been read
      busy: false,
      closed: false,     // no more tests can come
      tasks: [],
      next: 0,           // the first task that has not been started
      before: [],
      after: [],
      done: null
    };
  }

  function pump(group) {
    while (!group.busy && !group.held && group.next < group.tasks.length) start(group, group.tasks[group.next++]);
    if (group.closed && !group.busy && group.next === group.tasks.length && group.done) {
      var done = group.done;
      group.done = null;
      done();
    }
  }
  function start(group, task) {
    group.busy = true;
    task(function () {
      group.busy = false;
      pump(group);
    });
  }
  function enqueue(group, task) {
    append(group.tasks, task);
    pump(group);
  }

  function fail(message) {
    link.report('FAILED', message);
    var error = new TestError(message);
    // A failed assertion inside a group does not throw: the assertions after it still run.
    if (!root.busy) throw error;
    return error;
  }

  function tell(error) {
    if (error instanceof TestError) return; // it was reported when it failed
    var isError = error !== null && typeof error === 'object' && typeof error.stack === 'string';
    if (isError && (/^AssertionError/.test(error.name) || error.code === 'ERR_ASSERTION'))
      link.report('FAILED', error.message);
    else if (isError) link.report('ERROR', stackOf(error));
    else link.report('ERROR', typeof error === 'string' ? error : assertions.render(error));
  }

  function handleError(call) {
    try {
      return call();
    } catch (error) {
      tell(error);
    }
  }

  function isPromise(value) {
    return value !== null && (typeof value === 'object' || typeof value === 'function') &&
      typeof value.then === 'function';
  }

  // Calls a function of the fixture and goes on when it has finished, or has taken too long.
  function perform(call, group, what, next) {
    var timer = null, finished = false, wait = group.wait === null ? DEFAULT_WAIT : group.wait;
    function finish(error, failed) {
      if (finished) return;
      finished = true;
      if (timer !== null) undelay(timer);
      if (failed) tell(error);
      next();
    }
    function limit() {
      if (finished || !what) return;
      timer = delay(function () {
        if (finished) return;
        link.report('ERROR', '`' + what + '` function timed out. Function ran longer than ' + wait + 'ms');
        finish();
      }, wait);
    }
    try {
      if (group.wait !== null && what && call.length > 0) {
        call(function (error) {
          finish(error, error !== undefined && error !== null);
        });
        return limit();
      }
      var result = call();
      if (!isPromise(result)) return finish();
      result.then(function () { finish(); }, function (error) { finish(error, true); });
      limit();
    } catch (error) {
      finish(error, true);
    }
  }

  function performAll(calls, group, what, next) {
    var index = 0;
    (function step() {
      if (index === calls.length) return next();
      perform(calls[index++], group, what, step);
    })();
  }

  function completed(since) {
    var ms = link.clock() - since;
    var rounded = Math.round(ms);
    link.report('COMPLETEDIN', rounded === 0 ? '' : String(rounded), { ms: ms });
  }

  // The group that a new group or test belongs to. After the fixture has been read, only asynchronous bodies add more.
  function here() {
    return reading || current !== root ? current : awaited;
  }

  function describe(message, wait, body) {
    if (typeof wait === 'function') {
      body = wait;
      wait = undefined;
    }
    if (typeof body !== 'function') throw new TypeError('"describe" needs a function');
    var parent = here();
    enqueue(parent, function (next) {
      var group = makeGroup(parent, wait === true ? DEFAULT_WAIT : wait ? +wait : parent.wait);
      var since = link.clock(), outer = current, awaitedOuter = awaited;
      link.report('DESCRIBE', message);
      group.done = function () {
        completed(since);
        next();
      };
      current = group;
      awaited = group;
      perform(body, group, null, function () {
        awaited = awaitedOuter;
        current = outer;
        group.held = false;
        group.closed = true;
        pump(group);
      });
      current = outer;
    });
  }

  // The hooks of a group and of those around it: the outer ones run first, and last.
  function collect(group, before, after) {
    if (group.parent) collect(group.parent, before, []);
    for (var i = 0; i < group.before.length; i++) append(before, group.before[i]);
    for (; group; group = group.parent)
      for (var j = 0; j < group.after.length; j++) append(after, group.after[j]);
  }

  function it(message, body) {
    var group = here();
    if (group === root) throw new Error('"it" calls must be invoked within a parent "describe" context');
    enqueue(group, function (next) {
      var since = link.clock(), before = [], after = [];
      collect(group, before, after);
      link.report('IT', message);
      performAll(before, group, 'before', function () {
        perform(body, group, 'it', function () {
          performAll(after, group, 'after', function () {
            completed(since);
            next();
          });
        });
      });
    });
  }

  var assertions = makeAssertions({
    pass: function (message) { link.report('PASSED', message); },
    fail: fail,
    report: link.report,
    TestError: TestError
  });
  var Test = assertions.Test;
  var api = {
    describe: describe,
    it: it,
    before: function before(call) { append(here().before, call); },
    after: function after(call) { append(here().after, call); }
  };
  for (var name in api) Test[name] = api[name];
  Test.handleError = handleError;
  Test.Error = TestError;
  seal(Test);

  return {
    globals: { Test: Test, describe: describe, it: it, before: api.before, after: api.after },
    tell: tell,
    handleError: handleError,
    // Called when the fixture has run to its end.
    read: function () { reading = false; },
    idle: function () { return !root.busy && root.next === root.tasks.length; },
    // A chai assertion neither throws nor stops a test.
    chai: function (ok, message, comparison) {
      link.report(ok ? 'PASSED' : 'FAILED', message);
      if (comparison) assertions.explain(comparison.actual, comparison.expected, '-Expected', ok);
    }
  };
};
