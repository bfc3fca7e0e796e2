/** `learn.ts` in Lua. */
export const LEARN: string = `
local function acceptedSince(at)
  local cost = 0
  for _, entry in ipairs(s.history) do if entry.from > at then cost = cost + entry.cost end end
  return cost
end

local function searchStart(call)
  local length = max(1, s.refusedAt - (s.begun > 0 and s.begun or s.refusedAt))
  local steady = length > 1000 and (0.5 * s.accepted) / length or 0
  return max(max(call, s.accepted) / (s.closure + length), call / 1500, steady)
end

local function sinceFirstRefusal()
  for _, entry in ipairs(s.history) do if entry.cost == 0 then return s.closedUntil - entry.from end end
end

local function hold(rate, depth, doubt)
  local unsure = min(0.3, max(0.01, doubt))
  local cost = max(0, s.closure - (depth > 1 and s.burst / rate or 0))
  local patience = max(cost, min(cost / unsure, 40 / rate))
  if unsure < 0.3 then patience = max(min(60000, cost / unsure), min(400 / rate, sinceFirstRefusal())) end
  local most = min(0.3, max(1 / 30, 100 * rate))
  s.way = HOLD
  s.base = rate
  s.depth = depth
  s.patience = min(300000, max(1500, patience))
  s.growth = min(most, max(1 / 30, 3 * unsure))
  s.since = s.closedUntil
end

local function holdGuess(pace)
  local refusals = refusalsOf()
  dropBefore(refusals[#refusals])
  hold(0.8 * pace, 0, 0.3)
  s.patience = 2000
  s.growth = 0.03
end

local function holdBetween(low, high)
  local rate = max(s.base, min(high, sqrt(low * high)))
  hold(rate, 0, 1 - rate / high)
end

local function learn(cost)
  local accepted, closure, at, pace = s.accepted, s.closure, s.refusedAt, s.pace
  local time = max(1, at - s.emptied)
  local call = max(1, cost, s.cost / max(1, s.requests))
  local start = searchStart(call)
  local isAlone = s.refusedLast == at
  s.refusedAt = 0
  s.closedUntil = s.closedUntil + 1
  if isAlone and acceptedSince(at) >= 5 then
    s.alone = s.alone + 1
    return
  end
  if not isAlone then s.alone = 0 end
  addRefusal(at)
  if s.base == 0 then
    s.way = SEARCH
    s.base = start
    s.burst = max(1, acceptedSince(-huge))
    s.most = s.burst
    s.depth = 1
    s.used = s.closedUntil
  elseif accepted == 0 then
    local most = 2 * call / time
    if s.shut > 3 then s.way = SEARCH end
    s.base = min(s.base, max(most, 0.5 * s.base))
    if s.way == SEARCH then s.base = min(s.base, 2 * call / min(time, 1500)) end
  else
    local rate, burst, doubt = bucketOf(1.05 * pace, time)
    if not rate and isAlone then s.alone = s.alone + 1 end
    local isFar = rate and rate < 0.5 * s.base
    if isFar and s.way == HOLD and (#refusalsOf() <= 2 or accepted < 5 * call) then hold(0.5 * s.base, 0, 0.3)
    elseif rate then
      s.burst = burst
      local refilled = rate * closure
      s.most = max(refilled, min(s.most, 2 * burst))
      local under = burst > 1 and 0.01 or min(0.1, max(0.01, 5 * rate))
      hold((1 - under) * rate, min(burst - 1, 0.5 * burst), doubt)
      s.next = s.next + max(-s.depth, min(250 * s.base, 0.5 * burst - (refilled - acceptedSince(at)))) / s.base
    elseif s.way == SEARCH then hold(0.85 * pace, 0, 0.3)
    elseif isRaising(s.counted - s.closure) then holdBetween(accepted / time, 0.85 * pace)
    else holdGuess(pace) end
  end
  s.emptied = max(at, s.backAt)
  s.accepted = 0
  s.granted = 0
  s.begun = 0
end
`;
