/**
 * The version of the format of a limit. It is part of the key, so that no script reads a format that it does not understand. Raise it whenever a
 * member of a limit or of a quota changes, or its meaning.
 */
export const FORM = 9;

/** `state.ts` in Lua: the time, the limit `s`, how a new one begins, and what all parts use. Lua 5.4, as in Dragonfly, has no `log10`. */
export const STATE: string = `local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local floor, ceil, min, max, huge = math.floor, math.ceil, math.min, math.max, math.huge
local abs, exp, sqrt = math.abs, math.exp, math.sqrt
local log10 = math.log10 or function(n) return math.log(n, 10) end
local FREE, SEARCH, HOLD = 0, 1, 2

local s

local function newLimit(now, rate, burst, aloneFor)
  local isKnown = rate > 0
  return {
    seen = now, lost = 0, next = now, closedUntil = 0, counted = 0, doubted = 0, alone = 0, shut = 0,
    way = isKnown and HOLD or FREE, base = rate, since = now, patience = 20000, growth = 0.03,
    depth = 1, burst = max(1, burst), most = max(1, burst), emptied = now, begun = 0, accepted = 0,
    refusedAt = 0, refusedLast = 0, closure = 0, pace = 0, used = 0, backAt = isKnown and not aloneFor and now or 0,
    every = 0, granted = 0, cost = 0, requests = 0, trust = 1,
    history = isKnown and { { from = now, to = now, cost = 0 } } or {}, told = {}
  }
end
`;
