/** `bucket.ts` in Lua. */
export const BUCKET: string = `
local function walk(missing, rate)
  local v, time = missing, s.history[1].from
  local atLeast, below, tooLow, tooHigh = 0, huge, -huge, -huge
  for _, entry in ipairs(s.history) do
    v = max(0, v - rate * (entry.from - time))
    time = entry.to
    if entry.cost > 0 then
      v = max(min(1, entry.cost), v + entry.cost - rate * (entry.to - entry.from))
      atLeast = max(atLeast, v)
      tooLow = max(tooLow, v - below)
    else
      below = min(below, v + 1)
      tooHigh = max(tooHigh, atLeast - v - 1)
    end
  end
  return tooLow, tooHigh, atLeast, below
end

local function contradiction(rate)
  if s.history[1].cost > 0 then return walk(0, rate) end
  local _, _, _, below = walk(s.most, rate)
  return walk(min(s.most, below), rate)
end

local SLOWEST = 1 / 86400000

local function root(of, least, most)
  local low, high = least, most
  for _ = 1, 30 do
    local middle = sqrt(low * high)
    if of(middle) > 0 then low = middle else high = middle end
  end
  return sqrt(low * high)
end

local function roundest(best, low, high)
  local rate, doubt, least = best, 1, huge
  for _, unit in ipairs({ 1000, 60000 }) do
    local step = 10 ^ floor(log10(best * unit) - 1)
    for n = ceil(low * unit / step), floor(high * unit / step) do
      local digits = n % 10 == 0 and 1 or 2
      local price = digits + 2 * abs(n * step / unit - best) / (high - low)
      if price < least then rate, doubt, least = n * step / unit, digits / 5, price end
    end
  end
  local _, _, atLeast, below = contradiction(rate)
  return rate, max(1, floor(min(atLeast, below) + 0.5)), doubt
end

local function bucketOf(top, time)
  local reach = min(20, top)
  local slowest = root(function(one)
    local tooLow, tooHigh = contradiction(one)
    return tooLow - tooHigh
  end, SLOWEST, reach)
  local rate, misfit, best, least, other = slowest, huge, slowest, huge, slowest
  while other < reach do
    local tooLow, tooHigh = contradiction(other)
    local otherMisfit = max(0, tooLow, tooHigh)
    if otherMisfit < least - 0.3 then best, least = other, otherMisfit end
    if other == slowest or otherMisfit > least + 0.3 then rate, misfit = best, least end
    other = other * 1.05
  end
  local function over(one)
    local _, tooHigh = contradiction(one)
    return tooHigh - misfit - 20 * one
  end
  local low = rate > slowest and root(over, slowest, rate)
    or root(function(one) return (contradiction(one)) - misfit - 20 * one end, SLOWEST, reach)
  local high = root(function(one)
    local _, tooHigh = contradiction(one)
    return misfit + 20 * one - tooHigh
  end, rate > slowest and rate or SLOWEST, reach)
  local refilled = rate * time
  if misfit >= 1 + 40 * rate + 0.05 * refilled or rate >= 0.97 * top then return nil end
  local round, burst, share = roundest(rate, max(low, rate / 2), min(high, 2 * rate, 0.97 * top))
  local doubt = max((high - low) / rate / 2, misfit / refilled)
  return round, burst, max(share * doubt, doubt - 0.1)
end
`;
