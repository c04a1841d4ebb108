// Reports mocha's events on the channel. A reporter "class", made for one channel.
'use strict';

function messageOf(error) {
  return error && error.message !== undefined ? String(error.message) : String(error);
}

// link: the channel. stackOf(error): its stack as users should see it.
exports.make = function (link, stackOf) {
  return function Reporter(runner) {
    var open = false, since = 0, groups = [];

    function close() {
      if (!open) return;
      open = false;
      link.report('COMPLETEDIN', '', { ms: link.clock() - since });
    }
    function begin(test) {
      close();
      open = true;
      since = link.clock();
      link.report('IT', test.title);
    }

    runner.on('suite', function (suite) {
      if (suite.root) return;
      groups.push(link.clock());
      link.report('DESCRIBE', suite.title);
    });
    runner.on('suite end', function (suite) {
      close(); // a test whose hook failed has no end event
      if (!suite.root) link.report('COMPLETEDIN', '', { ms: link.clock() - groups.pop() });
    });
    runner.on('test', begin);
    runner.on('test end', close);
    runner.on('pending', function (test) {
      if (!open) begin(test); // `this.skip()` comes after the start of its test
      link.report('SKIPPED', 'pending');
    });
    runner.on('pass', function () { link.report('PASSED', 'Passed'); });
    runner.on('fail', function (test, error) {
      var code = error && error.code;
      var thrown = / was thrown, throw an Error :\)$/; // mocha's words for what is not an Error
      if (code === 'ERR_MOCHA_TIMEOUT' || /^timeout of \d+ms exceeded/i.test(messageOf(error)))
        link.report('FAILED', 'Timed out');
      else if (!error || !error.stack || thrown.test(error.message) || /^AssertionError/.test(error.name) ||
          code === 'ERR_ASSERTION')
        link.report('FAILED', messageOf(error));
      else link.report('ERROR', stackOf(error));
    });
  };
};
