/** `pace.ts` in Lua. */
export const PACE: string = `
local function rateAt(at, cost)
  if s.way == FREE then return cost * (4 + s.requests) * math.log(2) / 100 end
  if s.way == SEARCH then return s.base end
  local beyond = min(300000, max(0, at - s.since - s.patience))
  local grown = exp((s.growth * beyond * (1 + beyond / 10000)) / 1000)
  return s.base * min(grown, 2 + max(0, s.accepted - s.base * (at - s.emptied)) / 2)
end

local function everyOf(at, cost, known)
  local least = known > 0 and 1 / known or 0
  local every = toldEvery(at, cost)
  if every > 0 then return max(least, every) end
  local rate = rateAt(at, cost)
  return max(least, rate > 0 and cost / rate or 0)
end

local function isRaising(now) return s.way == HOLD and now - s.since > s.patience end
`;
