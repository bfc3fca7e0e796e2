/**
 * The form in which the script keeps a limit, as a part of the key: another version of the script must not read what it does not
 * understand. To be raised whenever `FIELDS`, `TOLD` or the meaning of one of them changes.
 */
export const FORM = 7;

/** `state.ts` in Lua, and how a state is read from the one string that is kept of it, and written. */
export const STATE: string = `local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local floor, ceil, min, max, huge = math.floor, math.ceil, math.min, math.max, math.huge
local abs, exp, sqrt = math.abs, math.exp, math.sqrt
-- Lua 5.4, as in Dragonfly, has none
local log10 = math.log10 or function(n) return math.log(n, 10) end
local FREE, SEARCH, HOLD = 0, 1, 2
local FIELDS = { 'seen', 'lost', 'next', 'closedUntil', 'counted', 'doubted', 'alone', 'shut', 'way', 'base', 'since', 'patience', 'growth', 'depth', 'burst', 'most',
  'emptied', 'begun', 'accepted', 'refusedAt', 'refusedLast', 'closure', 'pace', 'used', 'backAt', 'every', 'granted', 'cost',
  'requests', 'trust' }
local TOLD = { 'limit', 'window', 'left', 'leftAt', 'heardAt', 'heardIn', 'resetAt', 'most', 'signs', 'refill', 'seen', 'spent', 'seenAt',
  'said', 'answers', 'endAt', 'endBefore', 'apart' }

local s = {}
local history, historyText, entries, told = nil, '', 0, {}

local function text(n)
  if n == floor(n) and n > -1e15 and n < 1e15 then return string.format('%d', n) end
  return string.format('%.17g', n)
end

local function entryText(entry)
  return text(entry.from) .. ',' .. text(entry.to - entry.from) .. ',' .. text(entry.cost) .. ';'
end

local function numbers(from)
  local out = {}
  for n in string.gmatch(from, '[^, ]+') do out[#out + 1] = tonumber(n) end
  return out
end

local function records(from, read)
  for one in string.gmatch(from, '[^;]+') do read(one) end
end

-- the history is read only where something is learned from it
local function read()
  if history then return end
  history = {}
  records(historyText, function(one)
    local n = numbers(one)
    history[#history + 1] = { from = n[1], to = n[1] + n[2], cost = n[3] }
  end)
end

local function load(now, lastRate, lastBurst, aloneFor)
  local kept = redis.call('GET', KEYS[1])
  if kept then
    local scalars, past, quotas = string.match(kept, '^([^|]*)|([^|]*)|(.*)$')
    local n = numbers(scalars)
    for i, name in ipairs(FIELDS) do s[name] = n[i] end
    entries = n[#FIELDS + 1]
    historyText = past
    records(quotas, function(one)
      local name, rest = string.match(one, '^([^,]*),(.*)$')
      local q, m = { name = name }, numbers(rest)
      for i, field in ipairs(TOLD) do q[field] = m[i] end
      told[#told + 1] = q
    end)
    return
  end
  for _, name in ipairs(FIELDS) do s[name] = 0 end
  s.seen = now
  s.next, s.since, s.emptied = now, now, now
  s.way = lastRate > 0 and HOLD or FREE
  s.base, s.burst = lastRate, max(1, lastBurst)
  s.most = s.burst
  s.backAt = (lastRate > 0 and not aloneFor) and now or 0
  if lastRate > 0 then history, entries = { { from = s.next, to = s.next, cost = 0 } }, 1 end
  s.patience, s.growth, s.depth, s.trust = 20000, 0.03, 1, 1
end

local function save(life)
  local out = {}
  for i, name in ipairs(FIELDS) do out[i] = text(s[name]) end
  out[#out + 1] = text(entries)
  if history then
    local past = {}
    for i, entry in ipairs(history) do past[i] = entryText(entry) end
    historyText = table.concat(past)
  end
  local quotas = {}
  for i, q in ipairs(told) do
    local values = { q.name }
    for _, field in ipairs(TOLD) do values[#values + 1] = text(q[field]) end
    quotas[i] = table.concat(values, ',') .. ';'
  end
  local all = table.concat(out, ' ') .. '|' .. historyText .. '|' .. table.concat(quotas)
  redis.call('SET', KEYS[1], all, 'PX', life)
end
`;
