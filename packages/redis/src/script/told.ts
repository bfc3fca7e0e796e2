/** `told.ts` in Lua. */
export const TOLD: string = `
local function countsRequests(quota, at, old, limit)
  if string.find(string.lower(quota.name), 'request', 1, true) then return true end
  if not old then return s.cost > limit * max(1, s.requests) end
  local gone, cost, requests = old.seen - quota.remaining, s.cost - old.spent, s.requests - old.sent
  local refilled = ((1000 + at - old.seenAt) * limit) / old.window
  if gone >= 0 and refilled < limit and at <= old.resetAt and cost > max(3 * refilled, 4 * requests) then return gone ^ 2 < cost * requests end
  return old.isOfRequests
end
local function unitsOf(q, cost) return q.isOfRequests and 1 or cost end

local function startMeasure(q, at, remaining)
  q.seen = remaining
  q.spent = s.cost
  q.sent = s.requests
  q.seenAt = at
end

local function measure(q, at, remaining)
  local time, full = at - q.seenAt, q.most - 1.5
  local spent = q.isOfRequests and s.requests - q.sent or s.cost - q.spent
  local isFull = q.seen >= full or remaining >= full
  if time < (isFull and 250 or min(1000, max(401, (q.apart > 0 and q.apart or q.window) / 3))) or spent < 5 then return end
  local refilled = remaining - q.seen + spent
  local isReset = remaining - q.seen > 0.5 * q.most
  if not isReset and refilled <= 0.2 * spent and time > 400 then q.signs = min(3, q.signs + 1)
  elseif not isReset and q.seen >= full and refilled >= 0.8 * spent then q.signs = max(0, q.signs - 1) end
  if not isReset and q.signs < 2 then
    local seen = min(max(0, refilled) / time, 2 * max(q.refill, q.limit / q.window))
    if isFull then q.refill = max(q.refill, seen)
    else q.refill = q.refill > 0 and q.refill + (seen > q.refill and 0.25 or 0.5) * (seen - q.refill) or seen end
  end
  startMeasure(q, at, remaining)
end

local function noteEnd(q, at, endAt, said)
  if not q.said then
    q.answers, q.endAt, q.endBefore, q.apart = 1, endAt, 0, 0
  elseif said <= q.said + max(1, 0.3 * q.most) then
    if q.window > 3000 and endAt > at and endAt > q.endAt + 3000 and said < 0.5 * q.most then q.signs = 0 end
    q.answers = q.answers + 1
    q.endAt = min(q.endAt, endAt)
  else
    local isKnown = q.answers >= 3
    local seconds = floor((q.endAt - q.endBefore) / 1000 + 0.5) * 1000
    if isKnown and seconds > 0 and seconds < (q.apart > 0 and q.apart or q.window) then q.apart = seconds end
    q.answers, q.endAt, q.endBefore = 1, endAt, isKnown and q.endAt or 0
  end
  q.said = said
end

local function recordQuota(quota, at, lastRate)
  local name, remaining, limit, reset, window = quota.name, quota.remaining, quota.limit, quota.reset, quota.window
  local told = s.told
  local place = #told + 1
  for n, q in ipairs(told) do if q.name == name then place = n end end
  local old = told[place]
  if old then old.heardIn = s.requests end
  if old and at < old.heardAt or place > 8 then return end
  if old and limit > 0 and limit ~= old.limit then old = nil end
  local isBack = at < s.backAt + 1000
  local longest = max(old and old.window or 0, reset, 50)
  local most = max(old and old.most or 0, remaining)
  local isOfRequests = countsRequests(quota, at, old, max(limit, most))
  local isSame = old and old.isOfRequests == isOfRequests
  local q = old or { name = name, signs = 0 }
  noteEnd(q, at, at + reset, remaining)
  if not isSame then
    q.isOfRequests, q.refill, q.signs = isOfRequests, (isBack and not isOfRequests) and lastRate or 0, 0
    startMeasure(q, at, remaining)
  end
  local isWindow = q.signs >= 2
  local length = window > 0 and window or (isWindow and q.apart > 0) and min(q.apart, longest) or longest
  local resetAt = at + (reset > 0 and min(reset, length) or length)
  if isWindow and q.answers > 1 then
    if at < old.resetAt then resetAt = min(old.resetAt, resetAt) end
    if at < q.endAt then resetAt = min(q.endAt, resetAt) end
  end
  q.limit = limit > 0 and limit or max(old and old.limit or 1, most)
  q.window = length
  q.left = remaining
  q.leftAt = at
  q.heardAt = at
  q.heardIn = s.requests
  q.resetAt = resetAt
  q.most = most
  if isBack then startMeasure(q, at, remaining) elseif isSame then measure(q, at, remaining) end
  told[place] = q
  local ahead = min(s.next - max(at, s.closedUntil), 60000)
  if s.every > 0 and ahead > 0 then
    q.left = q.left + (q.refill - 1 / s.every) * ahead
    q.leftAt = q.leftAt + ahead
  end
end

local function leftAt(q, at)
  if at > q.resetAt then return q.most end
  return min(q.most, q.left + q.refill * max(0, at - q.leftAt))
end

local function toldRate(q, at)
  local till = max(50, at > q.resetAt and q.window or q.resetAt - at)
  local even = q.limit / q.window
  local base = max(q.refill, even)
  local left = leftAt(q, at)
  local spare = left - min(q.most / 3, 2 + 100 * base)
  local surplus = max(0, left - q.most / 2) / 10000
  if q.signs < 2 then return s.trust * 0.995 * (base + min(max(surplus, 0.5 * base), max(-0.5 * base, spare / 400, spare / 800))) end
  return s.trust * 0.995 * max(surplus, left >= even * (till - 1000) and even or max(1, spare) / till)
end

local function fitsWindows(at, count, cost)
  if s.trust <= 0.5 or #s.told == 0 then return false end
  for _, q in ipairs(s.told) do
    local isThis = at >= q.resetAt - q.window and at <= q.resetAt - 1000
    if q.signs < 2 or not isThis or leftAt(q, at) < count * unitsOf(q, cost) then return false end
  end
  return true
end

local function trustRegained()
  local largest = s.trust > 0.5 and 1 or 100
  local mean = s.cost / max(1, s.requests)
  for _, q in ipairs(s.told) do largest = max(largest, q.signs < 2 and 100 or q.limit / max(1, unitsOf(q, mean))) end
  return 0.02 / min(100, largest)
end

local function toldEvery(at, cost)
  local every, kept = 0, {}
  for _, q in ipairs(s.told) do
    if now <= q.resetAt + 2 * q.window + 10000 and s.requests - q.heardIn < 20 then
      kept[#kept + 1] = q
      if s.trust > 0.5 then every = max(every, min(60000, unitsOf(q, cost) / toldRate(q, at))) end
    end
  end
  s.told = kept
  return every
end
`;
