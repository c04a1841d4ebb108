// Encodes values as JSON, or says why a value has no JSON. JSON.stringify writes null for NaN, nothing for functions
// and {} for a Map, and a caller could not tell these from real values. Plain ES5. Loaded before any user code runs.
'use strict';

var call = Function.prototype.call;
var tagOf = call.bind(Object.prototype.toString);
var keysOf = Object.keys;
var isArray = Array.isArray;
var quote = JSON.stringify;
var isFiniteNumber = isFinite;
var codeAt = call.bind(String.prototype.charCodeAt);
var sliceOf = call.bind(String.prototype.slice);
var unboxed = {
  '[object Number]': call.bind(Number.prototype.valueOf),
  '[object String]': call.bind(String.prototype.valueOf),
  '[object Boolean]': call.bind(Boolean.prototype.valueOf)
};
var DEEPEST = 500;
// Types whose content is not in their own enumerable members.
var UNFIT = /^(?:(?:Weak)?(?:Map|Set|Ref)|Promise|RegExp|Error|Symbol|(?:Async)?(?:Generator|Function)|(?:Shared)?ArrayBuffer|DataView|\w+Array|.* Iterator)$/;
var fitting = call.bind(RegExp.prototype.test, UNFIT);

function Unfit(message) {
  this.message = message;
}
exports.Unfit = Unfit;

function refuse(what, where) {
  throw new Unfit('its value cannot be written as JSON: ' + what + (where ? ' at ' + where : ''));
}

function isWhole(text) {
  for (var i = 0; i < text.length; i++) {
    var code = codeAt(text, i);
    if (code < 0xd800 || code > 0xdfff) continue;
    var next = i + 1 < text.length ? codeAt(text, i + 1) : 0;
    if (code > 0xdbff || next < 0xdc00 || next > 0xdfff) return false;
    i++;
  }
  return true;
}

// The value as JSON. Throws Unfit, and any exception that the value's own methods throw.
exports.encode = function (value) {
  var open = []; // the objects around the one being written

  function string(text, where) {
    if (!isWhole(text)) refuse('half of a character', where);
    return quote(text);
  }

  function members(value, where) {
    var parts = '', keys = keysOf(value), first = true;
    for (var i = 0; i < keys.length; i++) {
      var member = value[keys[i]];
      if (member === undefined) continue; // as in JSON.stringify, an undefined member is left out
      parts += (first ? '' : ',') + string(keys[i], where) + ':' + one(member, where + '.' + keys[i]);
      first = false;
    }
    return '{' + parts + '}';
  }

  function elements(value, where) {
    var parts = '';
    for (var i = 0; i < value.length; i++) parts += (i ? ',' : '') + one(value[i], where + '[' + i + ']');
    return '[' + parts + ']';
  }

  function object(value, where) {
    for (var i = 0; i < open.length; i++) if (open[i] === value) refuse('a cycle', where);
    if (open.length === DEEPEST) refuse('more than ' + DEEPEST + ' levels', '');
    var tag = tagOf(value);
    open[open.length] = value;
    var text;
    if (typeof value.toJSON === 'function') {
      if (tag === '[object Date]' && !isFiniteNumber(+value)) refuse('an invalid date', where);
      text = one(value.toJSON(), where);
    } else if (unboxed[tag]) {
      text = one(unboxed[tag](value), where);
    } else if (isArray(value)) {
      text = elements(value, where);
    } else {
      var kind = sliceOf(tag, 8, -1);
      if (fitting(kind)) refuse('a value of the kind ' + kind, where);
      text = members(value, where);
    }
    open.length--;
    return text;
  }

  function one(value, where) {
    if (value === null) return 'null';
    var type = typeof value;
    if (type === 'boolean') return value ? 'true' : 'false';
    if (type === 'number') return isFiniteNumber(value) ? quote(value) : refuse('the number ' + value, where);
    if (type === 'string') return string(value, where);
    if (type === 'bigint') return '' + value;
    if (type === 'object') return object(value, where);
    return refuse(type === 'undefined' ? 'undefined' : 'a ' + type, where);
  }

  return one(value, '');
};
