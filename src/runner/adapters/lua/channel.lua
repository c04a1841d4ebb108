-- The reporter channel, protocol 2 (docs/adapters.md), for Lua 5.1 to 5.4 with luaposix.
--
-- The file returns a function, which is called once, before any user code runs. It takes the channel and returns
-- report(tag, text, options). The nonce, the descriptors and every function that a report needs are upvalues, so that
-- user code which replaces string.format, tostring or io.write changes no report.
local unistd, stdlib, fcntl, errno = require 'posix.unistd', require 'posix.stdlib', require 'posix.fcntl',
  require 'posix.errno'
local read, write, getpid, exit = unistd.read, unistd.write, unistd.getpid, unistd._exit
local interrupted, again = errno.EINTR, errno.EAGAIN
local format, sub, find, pcall, tostring, type = string.format, string.sub, string.find, pcall, tostring, type
local stdout, stderr = io.stdout, io.stderr
local flush = stdout.flush

local function fail(why)
  pcall(stderr.write, stderr, 'cloche: the reporter channel ' .. why .. '\n')
  exit(70)
end

-- Calls read or write until no signal interrupts it.
local function insist(call, ...)
  local result, _, code
  repeat
    result, _, code = call(...)
  until result or (code ~= interrupted and code ~= again)
  return result
end

-- The bytes of any value. Conversion may run user code, which may fail.
local function bytes(value)
  if value == nil then return '' end
  if type(value) == 'string' then return value end
  local good, text = pcall(tostring, value)
  return good and text or type(value)
end

return function()
  local number = os.getenv('CLOCHE_CHANNEL')
  if not number then fail('is missing: this program is run by cloche') end
  local answers = tonumber(number)
  local events = answers + 1
  stdlib.setenv('CLOCHE_CHANNEL', nil)
  for _, descriptor in ipairs { answers, events } do
    fcntl.fcntl(descriptor, fcntl.F_SETFD, fcntl.FD_CLOEXEC)
  end
  local greeting = ''
  repeat
    local byte = insist(read, answers, 1)
    if not byte or byte == '' then fail('did not greet') end
    greeting = greeting .. byte
  until byte == '\n'
  local nonce = greeting:match('^cloche 2 (%x+)\n$')
  if not nonce then fail('does not speak protocol 2') end
  local owner = getpid()

  -- options: mode, label, ms, lead (true unless it is false).
  return function(tag, text, options)
    -- A forked child would talk into the conversation of its parent.
    if getpid() ~= owner then fail('belongs to the process that was started') end
    options = options or {}
    local ms = options.ms and format('%.6f', options.ms) or ''
    local mode, label = bytes(options.mode), bytes(options.label)
    text = bytes(text)
    local event = format('%s %s %d %d %d %d %d\n', nonce, tag, options.lead == false and 0 or 1, #text, #mode, #label,
      #ms) .. text .. mode .. label .. ms
    pcall(flush, stdout)
    pcall(flush, stderr)
    while #event > 0 do
      local count = insist(write, events, event)
      if not count or count <= 0 then fail('is closed') end
      event = sub(event, count + 1)
    end
    if not find(insist(read, answers, 1) or '', '\n', 1, true) then fail('is closed') end
  end
end
