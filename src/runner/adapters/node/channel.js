// The reporter channel, protocol 1. Plain ES5, so that every Node from 0.10 on can load it.
//
// connect() is called once, before any user code runs. It keeps the descriptor, the nonce and every function that it
// needs in its closure, so user code that replaces fs.writeSync, JSON.stringify or console.log changes no report.
'use strict';

var fs = require('fs');

var LIMIT = 1000000; // of the protocol's 1 MiB a line

function captured() {
  // Methods of built-in prototypes are bound before user code can replace them.
  var call = Function.prototype.call;
  return {
    writeSync: fs.writeSync,
    readSync: fs.readSync,
    slice: call.bind(String.prototype.slice),
    codeAt: call.bind(String.prototype.charCodeAt),
    toHex: call.bind(Number.prototype.toString),
    write: call.bind(Buffer.prototype.write),
    String: String,
    atomicsWait: typeof Atomics === 'object' && Atomics.wait,
    exit: process.reallyExit.bind(process),
    hrtime: process.hrtime.bind(process)
  };
}

function makeBuffer(size) {
  return typeof Buffer.alloc === 'function' ? Buffer.alloc(size) : new Buffer(size);
}

exports.connect = function connect() {
  var kit = captured();
  var fd = parseInt(process.env.CLOCHE_CHANNEL, 10);
  delete process.env.CLOCHE_CHANNEL;
  var byte = makeBuffer(1);
  var block = makeBuffer(LIMIT + 65536);
  var pause = kit.atomicsWait && new Int32Array(new SharedArrayBuffer(4));
  var wait = kit.atomicsWait;

  function again(error) {
    // The pipe is blocking, but something in the process may have made it otherwise.
    if (!error || (error.code !== 'EAGAIN' && error.code !== 'EINTR')) kit.exit(70);
    if (pause) wait(pause, 0, 0, 1);
  }

  function readByte() {
    for (;;) {
      try {
        return kit.readSync(fd, byte, 0, 1, null) === 1 ? byte[0] : -1;
      } catch (error) {
        again(error);
      }
    }
  }

  function writeBlock(length) {
    var done = 0;
    while (done < length) {
      try {
        done += kit.writeSync(fd + 1, block, done, length - done, null);
      } catch (error) {
        again(error);
      }
    }
  }

  var greeting = '';
  for (var c = readByte(); c !== 10 && c !== -1; c = readByte()) greeting += String.fromCharCode(c);
  if (greeting.slice(0, 9) !== 'cloche 1 ') {
    fs.writeSync(2, 'cloche: the reporter channel does not speak protocol 1\n');
    process.reallyExit(70);
  }
  var prefix = greeting.slice(9) + ' ';

  // JSON's form of a text, in ASCII, cut where a line would get too long, or null if it must be whole. A lone surrogate
  // is not JSON.
  function quoted(text, whole) {
    text = kit.String(text);
    var out = '"', from = 0, i = 0, code, next;
    function escape(code) {
      var digits = kit.toHex(code, 16);
      out += '\\u' + kit.slice('0000', digits.length) + digits;
    }
    for (; i < text.length && out.length + i - from < LIMIT - 100000; i++) {
      code = kit.codeAt(text, i);
      if (code >= 32 && code < 127 && code !== 34 && code !== 92) continue;
      out += kit.slice(text, from, i);
      from = i + 1;
      next = code >= 0xd800 && code <= 0xdbff && from < text.length ? kit.codeAt(text, from) : 0;
      if (next >= 0xdc00 && next <= 0xdfff) {
        escape(code);
        escape(next);
        from = ++i + 1;
      } else {
        escape(code >= 0xd800 && code <= 0xdfff ? 0xfffd : code);
      }
    }
    if (whole && i < text.length) return null;
    out += kit.slice(text, from, i);
    return out + (i < text.length ? ' [cut]"' : '"');
  }

  function send(json) {
    var line = prefix + json + '\n';
    // All of it is ASCII, one byte a character; the line is longer than the block in no case.
    kit.write(block, line, 0, line.length, 'ascii');
    writeBlock(line.length);
    if (readByte() !== 10) kit.exit(70);
  }

  // options: mode, label, lead (false for no leading line feed), ms
  function report(tag, text, options) {
    var json = '{"tag":' + quoted(tag) + ',"text":' + quoted(text === undefined ? '' : text);
    if (options) {
      if (options.mode) json += ',"mode":' + quoted(options.mode);
      if (options.label) json += ',"label":' + quoted(options.label);
      if (options.lead === false) json += ',"lead":false';
      if (options.ms !== undefined) json += ',"ms":' + (+options.ms);
    }
    send(json + '}');
  }

  var ended = false;
  return {
    report: report,
    // A text that is of no use cut; false if it is too long for a line.
    reportWhole: function (tag, text) {
      var json = quoted(text, true);
      if (json === null) return false;
      send('{"tag":' + quoted(tag) + ',"text":' + json + '}');
      return true;
    },
    // The last word.
    end: function () {
      if (ended) return;
      ended = true;
      report('END');
    },
    // Milliseconds since some moment.
    clock: function () {
      var now = kit.hrtime();
      return now[0] * 1e3 + now[1] / 1e6;
    }
  };
};
