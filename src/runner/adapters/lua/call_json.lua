-- JSON for calls: decode(text) and encode(value). encode returns nothing and a reason for a value that JSON cannot hold.
local dkjson = require 'dkjson'
local format, gsub, byte, find, rep = string.format, string.gsub, string.byte, string.find, string.rep
local concat, sort, type, pairs, tostring, floor = table.concat, table.sort, type, pairs, tostring, math.floor
local next, ipairs, rawget = next, ipairs, rawget
local huge, kind_of_number = math.huge, math.type or function() return 'float' end
local DEEPEST = 500

local json = {}

-- Null becomes nil within tables, as Lua's own programs expect.
local function without_null(value)
  if value == dkjson.null then return nil end
  if type(value) == 'table' then
    for key, inner in pairs(value) do value[key] = without_null(inner) end
  end
  return value
end

-- Returns the elements of an array and how many there are.
function json.decode_list(text)
  local list = assert(dkjson.decode(text, 1, dkjson.null, nil, nil))
  local count = #list
  for i = 1, count do list[i] = without_null(list[i]) end
  return list, count
end

-- The length of the character that begins at a byte, or nothing if no valid UTF-8 does.
local function character(text, at)
  local first, second = byte(text, at, at + 1)
  if first < 0x80 then return 1 end
  local length = first >= 0xc2 and (first < 0xe0 and 2 or first < 0xf0 and 3 or first < 0xf5 and 4)
  if not length or not find(text, '^' .. rep('[\128-\191]', length - 1), at + 1) then return nil end
  if (first == 0xe0 and second < 0xa0) or (first == 0xed and second > 0x9f) or (first == 0xf0 and second < 0x90)
    or (first == 0xf4 and second > 0x8f) then return nil end
  return length
end

local ESCAPES = { ['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n' }
local function escape(c) return ESCAPES[c] or format('\\u%04x', byte(c)) end

local function is_text(text)
  if not find(text, '[\128-\255]') then return true end
  local at = 1
  while at <= #text do
    local length = character(text, at)
    if not length then return false end
    at = at + length
  end
  return true
end

local function number(value)
  if kind_of_number(value) == 'integer' then return format('%d', value) end
  if value ~= value or value == huge or value == -huge then return nil end
  if value == floor(value) and value > -2 ^ 53 and value < 2 ^ 53 then return format('%.0f', value) end
  local text = format('%.15g', value)
  return tonumber(text) == value and text or format('%.17g', value)
end

-- Appends to `out`; returns a reason if the value is unfit.
local encode

local function unfit(what, where) return what .. (where == '' and '' or ' at ' .. where) end

local function encode_table(value, where, open, depth, out)
  if open[value] then return unfit('a cycle', where) end
  if depth == DEEPEST then return 'more than ' .. DEEPEST .. ' levels' end
  open[value] = true
  local count = 0
  for _ in next, value do count = count + 1 end
  local is_list = count == #value
  out[#out + 1] = is_list and '[' or '{'
  local first = true
  local function add(label, inner, place)
    out[#out + 1] = (first and '' or ',') .. label
    first = false
    return encode(inner, place, open, depth + 1, out)
  end
  if is_list then
    for i = 1, count do
      local reason = add('', value[i], where .. '[' .. i .. ']')
      if reason then return reason end
    end
  else
    local keys = {}
    for key in next, value do
      if type(key) ~= 'string' or not is_text(key) then
        return unfit('a table with a key that is no text', where)
      end
      keys[#keys + 1] = key
    end
    sort(keys) -- Lua's own order differs from run to run
    for _, key in ipairs(keys) do
      local reason = add('"' .. gsub(key, '[%c"\\]', escape) .. '":', rawget(value, key), where .. '.' .. key)
      if reason then return reason end
    end
  end
  out[#out + 1] = is_list and ']' or '}'
  open[value] = nil
end

function encode(value, where, open, depth, out)
  local kind = type(value)
  local text
  if kind == 'nil' or kind == 'boolean' then
    text = value == nil and 'null' or tostring(value)
  elseif kind == 'number' then
    text = number(value)
    if not text then return unfit('the number ' .. tostring(value), where) end
  elseif kind == 'string' then
    if not is_text(value) then return unfit('a text that is not valid', where) end
    text = '"' .. gsub(value, '[%c"\\]', escape) .. '"'
  elseif kind == 'table' then
    return encode_table(value, where, open, depth, out)
  else
    return unfit('a ' .. kind, where)
  end
  out[#out + 1] = text
end

function json.encode(value)
  local out = {}
  local reason = encode(value, '', {}, 0, out)
  if reason then return nil, 'its value cannot be written as JSON: ' .. reason end
  return concat(out)
end

return json
