// The reporter channel, protocol 2 (docs/adapters.md). Plain ES5, so that every Node from 0.10 on can load it.
//
// connect() is called once, before any user code runs. It keeps the descriptors, the nonce and every function that it
// needs in its closure, so user code that replaces fs.writeSync, String or console.log changes no report.
'use strict';

var fs = require('fs');

exports.connect = function connect() {
  // Methods of built-in prototypes are bound before user code can replace them.
  var call = Function.prototype.call, toText = String;
  var readSync = fs.readSync, writeSync = fs.writeSync, byteLength = Buffer.byteLength;
  var put = call.bind(Buffer.prototype.utf8Write || Buffer.prototype.write);
  var make = Buffer.allocUnsafeSlow || function (size) { return new Buffer(size); };
  var wait = typeof Atomics === 'object' && Atomics.wait, pause = wait && new Int32Array(new SharedArrayBuffer(4));
  var exit = process.reallyExit.bind(process), hrtime = process.hrtime.bind(process);
  var fd = parseInt(process.env.CLOCHE_CHANNEL, 10), byte = make(1), block = make(65536), ended = false;
  var readyLine = make(6);
  readyLine.write('ready\n');
  var warm = process.env.CLOCHE_WARM !== undefined;
  delete process.env.CLOCHE_CHANNEL;
  delete process.env.CLOCHE_WARM;

  // Calls readSync or writeSync until it succeeds: code in this process may have made the pipes non-blocking.
  function insist(action, descriptor, buffer, offset, length) {
    for (;;) {
      try {
        return action(descriptor, buffer, offset, length, null);
      } catch (error) {
        if (!error || (error.code !== 'EAGAIN' && error.code !== 'EINTR')) exit(70);
        if (pause) wait(pause, 0, 0, 1);
      }
    }
  }
  function readByte() {
    return insist(readSync, fd, byte, 0, 1) === 1 ? byte[0] : -1;
  }

  // Takes the arguments and the environment of a request, which follow the greeting of a warm start.
  function takeRequest(argumentCount, variableCount, size) {
    var data = make(size), have = 0, count;
    while (have < size) {
      count = insist(readSync, fd, data, have, size - have);
      if (!count) exit(70);
      have += count;
    }
    var texts = data.toString('utf8').split('\0');
    process.argv.length = 2;
    texts.slice(0, argumentCount).forEach(function (text) { process.argv.push(text); });
    Object.keys(process.env).forEach(function (name) { delete process.env[name]; });
    texts.slice(argumentCount, argumentCount + variableCount).forEach(function (text) {
      var at = text.indexOf('=');
      process.env[text.slice(0, at)] = text.slice(at + 1);
    });
  }

  if (warm) insist(writeSync, fd + 1, readyLine, 0, 6);
  var greeting = '';
  for (var c = readByte(); c !== 10 && c !== -1; c = readByte()) greeting += toText.fromCharCode(c);
  if (greeting.slice(0, 9) !== 'cloche 2 ') {
    writeSync(2, 'cloche: the reporter channel does not speak protocol 2\n');
    exit(70);
  }
  var words = greeting.split(' '), nonce = words[2];
  if (words.length === 6) takeRequest(+words[3], +words[4], +words[5]);

  // options: mode, label, lead (false for no leading line feed), ms
  function report(tag, text, options) {
    options = options || {};
    text = text === undefined ? '' : toText(text);
    var mode = toText(options.mode || ''), label = toText(options.label || '');
    var ms = options.ms === undefined ? '' : toText(+options.ms);
    var lengths = [byteLength(text), byteLength(mode), byteLength(label), byteLength(ms)];
    var header = nonce + ' ' + tag + (options.lead === false ? ' 0 ' : ' 1 ') + lengths[0] + ' ' + lengths[1] + ' ' +
      lengths[2] + ' ' + lengths[3] + '\n';
    var size = header.length + lengths[0] + lengths[1] + lengths[2] + lengths[3], done = 0;
    if (size > block.length) block = make(size);
    // The fields are written one by one, so that two halves of a surrogate pair never meet.
    put(block, header, 0, header.length);
    put(block, text, header.length, lengths[0]);
    put(block, mode, header.length + lengths[0], lengths[1]);
    put(block, label, header.length + lengths[0] + lengths[1], lengths[2]);
    put(block, ms, size - lengths[3], lengths[3]);
    while (done < size) done += insist(writeSync, fd + 1, block, done, size - done);
    if (readByte() !== 10) exit(70);
  }

  return {
    report: report,
    // Sends END.
    end: function () {
      if (!ended) report('END');
      ended = true;
    },
    // Milliseconds since an arbitrary moment.
    clock: function () {
      var now = hrtime();
      return now[0] * 1e3 + now[1] / 1e6;
    }
  };
};
