-- Runs fixture.lua under busted. The runner leaves the fixture in .cloche/fixture.lua; it is read and removed before
-- user code runs. solution.lua and setup.lua are modules beside it.
local here = arg[0]:match('^(.*)/') or '.'
local report = dofile(here .. '/channel.lua')()
io.stdout:setvbuf('line')

local function take(path)
  local file = assert(io.open(path, 'rb'))
  local text = file:read('*a')
  file:close()
  os.remove(path)
  return text
end

local fixture = take('.cloche/fixture.lua')
os.remove('.cloche')
arg = { [0] = 'fixture.lua' }

local format, gsub, exit, type = string.format, string.gsub, os.exit, type
local busted = require 'busted.core'()
require 'busted'(busted)
require 'busted.luajit'()
-- A fixture that starts busted by itself runs under this one.
package.loaded['busted.runner'] = function() return function() end end

local bad = false

-- The tests go on after each event: a handler returns true as its second value for that.
local function subscribe(channel, handler)
  busted.subscribe(channel, function(...)
    handler(...)
    return nil, true
  end)
end

local function completed(element)
  local ms = (element.duration or 0) * 1000
  report('COMPLETEDIN', format('%.4f', ms), { ms = ms })
end

local function tell_error(message, trace)
  bad = true
  local traceback = type(trace) == 'table' and trace.traceback or ''
  local text = gsub((message or 'Nil error') .. traceback, '%s+$', '')
  report('ERROR', 'Test Error')
  report('LOG', text, { mode = 'ESC', label = 'Traceback' })
end

subscribe({ 'describe', 'start' }, function(element) report('DESCRIBE', element.name) end)
subscribe({ 'describe', 'end' }, completed)
subscribe({ 'test', 'start' }, function(element) report('IT', element.name) end)
subscribe({ 'test', 'end' }, function(element, _, status)
  if status == 'success' then report('PASSED', 'Test Passed') end
  if status == 'pending' then report('SKIPPED', element.reason) end
  completed(element)
end)
subscribe({ 'pending' }, function(element, _, message) element.reason = message end)
subscribe({ 'failure' }, function(_, _, message)
  bad = true
  report('FAILED', 'Test Failed')
  report('LOG', message, { mode = 'ESC' })
end)
subscribe({ 'error' }, function(_, _, message, trace) tell_error(message, trace) end)

-- Cuts a trace where busted begins.
local function own_frames(_, info)
  info.traceback = info.traceback:sub(1, info.traceback:find('\n%s*%[C]'))
  return info
end

local chunk, problem = (loadstring or load)(fixture, '@fixture.lua')
if chunk then
  busted.executors.file('fixture.lua', setmetatable({ getTrace = own_frames }, { __call = chunk }))
  require 'busted.execute'(busted)(1, {})
else
  tell_error(problem)
end
report('END')
exit(bad and 1 or 0, true)
