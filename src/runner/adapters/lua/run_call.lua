-- Calls a function of solution.lua, whose name and arguments the runner wrote into .cloche/call.json.
local here = arg[0]:match('^(.*)/') or '.'
local report = dofile(here .. '/channel.lua')()
local json = dofile(here .. '/call_json.lua')
io.stdout:setvbuf('line')

local file = assert(io.open('.cloche/call.json', 'rb'))
local text = file:read('*a')
file:close()
os.remove('.cloche/call.json')
os.remove('.cloche')
-- "args" comes last and is an array: the profile has no arguments by name.
local call = json.decode_list('[' .. text .. ']')[1]
local entry = call.entry
local arguments, count = json.decode_list(text:match('"args"%s*:%s*(%[.*%])%s*}%s*$'))
arg = { [0] = 'solution.lua' }

local exit, unpack, xpcall, type, stderr = os.exit, table.unpack or unpack, xpcall, type, io.stderr
local traceback, pcall, tostring, gmatch, gsub = debug.traceback, pcall, tostring, string.gmatch, string.gsub

local function refuse(why)
  report('NOVALUE', why)
  exit(1)
end

-- A member of the table that the solution returns, or a global: "add", "Tools.add".
local function find(result)
  for _, root in pairs { result, _G } do
    local value = type(root) == 'table' and root or nil
    for name in gmatch(entry, '[^.]+') do
      value = type(value) == 'table' and value[name] or nil
    end
    if type(value) == 'function' then return value end
  end
  refuse('there is no function ' .. entry)
end

-- Runs a function, and ends the program as Lua does for an error that nothing catches, without the adapter's frames.
local function guarded(call_it)
  local function explain(problem)
    local good, message = pcall(tostring, problem)
    local trace = traceback(good and message or 'error', 2)
    trace = gsub(trace, '\n%s*%[C%]: in function \'xpcall\'.*$', '')
    return (gsub(trace, '\n[^\n]*/cloche/adapters/[^\n]*', ''))
  end
  local good, result = xpcall(call_it, explain)
  if good then return result end
  stderr:write('lua: ', result, '\n')
  exit(1)
end

local chunk, problem = loadfile('solution.lua')
if not chunk then
  stderr:write('lua: ', problem, '\n')
  exit(1)
end
local target = find(guarded(chunk))
local value = guarded(function() return (target(unpack(arguments, 1, count))) end)
local encoded, why = json.encode(value)
if not encoded then refuse(why) end
report('VALUE', encoded)
report('END')
exit(0)
