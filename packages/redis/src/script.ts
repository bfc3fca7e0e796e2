/**
 * The form in which the script keeps a limit, as a part of the key: another version of the script must not read what it does not
 * understand. To be raised whenever `FIELDS`, `TOLD` or the meaning of one of them changes.
 */
export const FORM = 3;

/**
 * `decide` of `@steadfetch/shared-limit` in Lua, with the state of a limit in one string and by the clock of the server. In each part the names are those of
 * the original, so that the two can be read side by side; a property test compares their answers.
 *
 * KEYS[1]: the limit. ARGV: want, cost, known, extra, requests, lastRate, lastBurst, accepted, refusal, quotas, life in ms,
 * aloneFor, within.
 * Answers `now first every count closedUntil goodFor rate burst backAt`.
 */
export const SCRIPT: string = `local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + tonumber(time[2]) / 1000
local floor, ceil, min, max, huge = math.floor, math.ceil, math.min, math.max, math.huge
local abs, exp, sqrt, log10 = math.abs, math.exp, math.sqrt, math.log10
local FREE, SEARCH, HOLD = 0, 1, 2
local FIELDS = { 'seen', 'lost', 'next', 'closedUntil', 'counted', 'doubted', 'alone', 'shut', 'way', 'base', 'since', 'patience', 'growth', 'depth', 'burst', 'most',
  'emptied', 'begun', 'accepted', 'refusedAt', 'refusedLast', 'learnAt', 'lag', 'closure', 'pace', 'isTrying', 'used', 'backAt', 'every', 'granted', 'cost',
  'requests', 'trust' }
local TOLD = { 'limit', 'window', 'left', 'leftAt', 'heardAt', 'heardIn', 'resetAt', 'most', 'signs', 'refill', 'seen', 'spent', 'seenAt' }

local s = {}
local history, historyText, entries, told = nil, '', 0, {}

local function text(n)
  if n == floor(n) and n > -1e15 and n < 1e15 then return string.format('%d', n) end
  return string.format('%.17g', n)
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
    history[#history + 1] = { from = n[1], to = n[2], cost = n[3] }
  end)
end

local function inTime(a, b)
  if a.from ~= b.from then return a.from < b.from end
  if a.to ~= b.to then return a.to < b.to end
  return a.cost > b.cost
end

local function bend(start, before, entry)
  return abs(before.cost * (entry.to - before.to) - entry.cost * (before.to - start)) / max(1, entry.to - start)
end

local function merge(grain)
  table.sort(history, inTime)
  local kept = {}
  local start = history[1].from
  local isPair = false
  for _, entry in ipairs(history) do
    local before = kept[#kept]
    local isOver = before and entry.from < before.to
    if before and before.cost > 0 and entry.cost > 0 and (isOver or not isPair and bend(start, before, entry) < grain) then
      before.cost = before.cost + entry.cost
      before.to = max(before.to, entry.to)
      isPair = isPair or not isOver
    else
      if before then start = before.to end
      kept[#kept + 1] = entry
      isPair = false
    end
  end
  history = kept
end

local function tidy()
  if entries <= 64 then return end
  read()
  local grain = 0.25
  while #history > 40 and grain < 1e9 do
    merge(grain)
    grain = grain * 2
  end
  entries = #history
end

local function marksOf()
  local marks = {}
  for n, entry in ipairs(history) do if entry.cost == 0 then marks[#marks + 1] = n end end
  return marks
end

local function keepFrom(first)
  local kept = {}
  for n = first, #history do kept[#kept + 1] = history[n] end
  history, entries = kept, #kept
end

local function dropFirst()
  local first = 2
  while history[first].cost > 0 do first = first + 1 end
  keepFrom(first)
  s.lag = 0
end

local function mark(at)
  read()
  for n = 1, #history do
    local entry = history[n]
    if entry.from < at and entry.to > at then
      local part = (entry.cost * (at - entry.from)) / (entry.to - entry.from)
      history[#history + 1] = { from = at, to = entry.to, cost = entry.cost - part }
      entry.cost = part
      entry.to = at
    end
  end
  history[#history + 1] = { from = at, to = at, cost = 0 }
  merge(0)
  local marks = marksOf()
  if #marks > 8 then table.remove(history, marks[2]) end
  entries = #history
end

local function walk(missing, rate)
  local v, time = missing, history[1].from
  local atLeast, below, tooLow, tooHigh = 0, huge, -huge, -huge
  for _, entry in ipairs(history) do
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
  if history[1].cost > 0 then return walk(0, rate) end
  local _, _, _, below = walk(s.most, rate)
  return walk(min(s.most, below), rate)
end

local LEAST = 1 / 86400000

local function root(of, most)
  local low, high = LEAST, most
  for _ = 1, 30 do
    local middle = sqrt(low * high)
    if of(middle) > 0 then low = middle else high = middle end
  end
  return sqrt(low * high)
end

local function digitsOf(n)
  while n >= 10 and n % 10 == 0 do n = n / 10 end
  return 1 + floor(log10(n))
end

local function wholeOf(rate)
  local _, _, atLeast, below = contradiction(rate)
  local lowest = max(1, ceil(min(atLeast, below) - 0.5))
  local found = lowest
  for i = 1, min(9, floor(max(atLeast, min(below, atLeast + 1)) + 0.5) - lowest) do
    if digitsOf(lowest + i) < digitsOf(found) then found = lowest + i end
  end
  return found
end

local function roundest(best, low, high)
  local found, burst, doubt, least = best, wholeOf(best), 1, huge
  for _, unit in ipairs({ 1000, 60000 }) do
    local step = 10 ^ floor(log10(best * unit) - 1)
    for n = ceil(low * unit / step), floor(high * unit / step) do
      local rate = n * step / unit
      local whole = wholeOf(rate)
      local digits = digitsOf(n) + digitsOf(whole)
      local price = digits + 2 * abs(rate - best) / (high - low)
      if price < least then found, burst, doubt, least = rate, whole, (digits - 1) / 5, price end
    end
  end
  return found, burst, doubt
end

local function bucketOf(top, time, loose)
  local reach = min(20, top)
  local rate = root(function(one)
    local tooLow, tooHigh = contradiction(one)
    return tooLow - tooHigh
  end, reach)
  local tooLow, tooHigh = contradiction(rate)
  local wrong = max(0, tooLow, tooHigh)
  local low = root(function(one) return (contradiction(one)) - wrong - 20 * one end, reach)
  local high = root(function(one)
    local _, tooHigh = contradiction(one)
    return wrong + 20 * one - tooHigh
  end, reach)
  local back = rate * time
  if wrong >= 1 + 40 * rate + loose * back or rate >= 0.97 * top then return nil end
  local round, burst, share = roundest(rate, max(low, rate / 2), min(high, 2 * rate, 0.97 * top))
  local doubt = max((high - low) / rate / 2, wrong / back)
  return round, burst, max(share * doubt, doubt - 0.1)
end

local function acceptedSince(at)
  local cost = 0
  for _, entry in ipairs(history) do if entry.from > at then cost = cost + entry.cost end end
  return cost
end

local function amid()
  read()
  local cost = 0
  for _, entry in ipairs(history) do
    if entry.from > s.refusedAt and entry.to <= s.refusedLast then cost = cost + entry.cost end
  end
  if cost >= 5 then return cost / (s.refusedLast - s.refusedAt + 40) end
  return 0
end

local function startOf(call)
  local length = max(1, s.refusedAt - (s.begun > 0 and s.begun or s.refusedAt))
  local steady = length > 1000 and (0.5 * s.accepted) / length or 0
  local paid = s.accepted > 0 and s.closure or min(s.closure, 1500)
  return max(max(call, s.accepted) / (paid + length), steady, 0.7 * amid())
end

local function metFor()
  for _, entry in ipairs(history) do if entry.cost == 0 then return s.closedUntil - entry.from end end
end

local function hold(rate, depth, doubt)
  local unsure = min(0.3, max(0.01, doubt))
  local cost = max(0, s.closure - (depth > 1 and s.burst / rate or 0))
  local patience = max(cost, min(cost / unsure, 40 / rate))
  if unsure < 0.3 then patience = max(min(60000, cost / unsure), min(400 / rate, metFor())) end
  local most = min(0.3, max(1 / 30, 100 * rate))
  s.way = HOLD
  s.base = rate
  s.depth = depth
  s.patience = min(300000, max(1500, patience))
  s.growth = min(most, max(1 / 30, 3 * unsure))
  s.since = s.closedUntil
end

local function others(pace)
  local marks = marksOf()
  keepFrom(marks[#marks])
  hold(0.8 * pace, 1, 0.3)
  s.patience = 2000
  s.growth = 0.03
end

local function between(low, high)
  local rate = max(s.base, min(high, sqrt(low * high)))
  hold(rate, 1, 1 - rate / high)
end

local function explain(top, time)
  while true do
    local isLong = #marksOf() > (history[1].cost > 0 and 2 or 3)
    local rate, burst, doubt = bucketOf(top, time, isLong and 0 or 0.05)
    if rate or not isLong then return rate, burst, doubt end
    dropFirst()
  end
end

local function learn(cost)
  local accepted, closure, at, pace = s.accepted, s.closure, s.refusedAt, s.pace
  local time = max(1, at - s.emptied)
  local call = max(1, cost, s.cost / max(1, s.requests))
  local start = startOf(call)
  local isAlone = s.refusedLast == at
  s.refusedAt = 0
  s.closedUntil = s.closedUntil + 1
  if isAlone and acceptedSince(at) >= 5 then
    s.alone = s.alone + 1
    return
  end
  if not isAlone then s.alone = 0 end
  mark(at)
  if s.base == 0 then
    s.way = SEARCH
    s.base = start
    s.burst = max(1, acceptedSince(-huge))
    s.most = s.burst
    s.depth = 1
    s.used = s.closedUntil
  elseif accepted == 0 then
    local most = 2 * call / time
    s.base = min(s.base, max(most, 0.5 * s.base))
    if s.way == SEARCH then s.base = min(s.base, 2 * call / min(time, 1500)) end
  else
    local rate, burst, doubt = explain(1.05 * pace, time)
    if not rate and isAlone then s.alone = s.alone + 1 end
    if rate then
      s.burst = burst
      local back = rate * closure
      s.most = max(back, min(s.most, 2 * burst))
      local under = burst > 1 and 0.01 or min(0.1, max(0.01, 5 * rate))
      hold((1 - under) * rate, min(burst - 1, 0.5 * burst), max(doubt, s.lag / max(1, time - closure)))
      s.next = s.next + max(-s.depth, min(250 * s.base, 0.5 * burst - (back - acceptedSince(at)))) / s.base
    elseif s.way == SEARCH then hold(min(0.85 * pace, sqrt(pace * accepted / time)), 1, 0.3)
    elseif s.isTrying == 1 then between(accepted / time, 0.85 * pace)
    else others(pace) end
  end
  s.emptied = at
  s.accepted = 0
  s.granted = 0
  s.begun = 0
end

local function countsRequests(name) return string.find(name, 'request', 1, true) ~= nil end
local function unitsOf(name, cost) return countsRequests(name) and 1 or cost end

local function begin(q, at, remaining, allSpent)
  q.seen = remaining
  q.spent = allSpent
  q.seenAt = at
end

local function measure(q, at, remaining, allSpent)
  local time, spent, full = at - q.seenAt, allSpent - q.spent, q.most - 1.5
  local isFull = q.seen >= full or remaining >= full
  if time < (isFull and 250 or 1000) or spent < 5 then return end
  local came = remaining - q.seen + spent
  local isNew = remaining - q.seen > 0.5 * q.most
  if not isNew and came <= 0.2 * spent and time > 400 then q.signs = min(3, q.signs + 1)
  elseif not isNew and q.seen >= full and came >= 0.8 * spent then q.signs = max(0, q.signs - 1) end
  if not isNew and q.signs < 2 then
    local seen = min(max(0, came) / time, 2 * max(q.refill, q.limit / q.window))
    if isFull then q.refill = max(q.refill, seen)
    else q.refill = q.refill > 0 and q.refill + (seen > q.refill and 0.25 or 0.5) * (seen - q.refill) or seen end
  end
  begin(q, at, remaining, allSpent)
end

local function hear(lastRate, name, at, remaining, limit, reset, window)
  local place = #told + 1
  for n, q in ipairs(told) do if q.name == name then place = n end end
  local old = told[place]
  if old then old.heardIn = s.requests end
  if old and at < old.heardAt or place > 8 then return end
  if old and limit > 0 and limit ~= old.limit then old = nil end
  local isBack = at < s.backAt + 1000
  local length = window > 0 and window or max(old and old.window or 0, reset, 50)
  local most = max(old and old.most or 0, remaining)
  local spent = countsRequests(name) and s.requests or s.cost
  local q = old or { name = name, refill = (isBack and not countsRequests(name)) and lastRate or 0, signs = 0, seen = remaining, spent = spent, seenAt = at }
  q.limit = limit > 0 and limit or max(old and old.limit or 1, most)
  q.window = length
  q.left = remaining
  q.leftAt = at
  q.heardAt = at
  q.heardIn = s.requests
  q.resetAt = at + (reset > 0 and reset or length)
  q.most = most
  if isBack then begin(q, at, remaining, spent) elseif old then measure(q, at, remaining, spent) end
  told[place] = q
  local ahead = min(s.next - at, 60000)
  if s.every > 0 and ahead > 0 then
    q.left = q.left + (q.refill - unitsOf(name, 1) / s.every) * ahead
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
  local spare = leftAt(q, at) - min(q.most / 3, 2 + 100 * base)
  local plenty = max(0, leftAt(q, at) - q.most / 2) / 10000
  if q.signs < 2 then return s.trust * 0.995 * (base + min(max(plenty, 0.5 * base), max(-0.5 * base, spare / 400))) end
  return s.trust * 0.995 * max(plenty, spare >= even * (till - 1000) and even or max(0.5, spare) / till)
end

local function toldEvery(at, cost)
  local every, kept = 0, {}
  for _, q in ipairs(told) do
    if now <= q.resetAt + 2 * q.window + 10000 and s.requests - q.heardIn < 20 then
      kept[#kept + 1] = q
      if s.trust > 0.5 then every = max(every, min(60000, unitsOf(q.name, cost) / toldRate(q, at))) end
    end
  end
  told = kept
  return every
end

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

local function isTrying(now) return s.way == HOLD and now - s.since > s.patience end

local function isBelieved(now, isDoubted)
  if s.alone < 2 and (not isDoubted or s.way == SEARCH or isTrying(now)) then return true end
  s.doubted = s.doubted + 1
  if s.doubted < 4 then return false end
  s.alone = 0
  return true
end

local function outvote(requests)
  if s.doubted == 0 then return end
  s.doubted = max(0, s.doubted - requests / 8)
  if s.doubted == 0 and s.way == FREE then history, historyText, entries = {}, '', 0 end
end

local function refuse(now, at, closedUntil, every, wait, cost)
  local length = wait >= 0 and wait or min(3000, 250 * 2 ^ s.shut)
  local till = ceil(now + length)
  if closedUntil < s.counted then
    if wait >= 0 then s.closedUntil = max(s.closedUntil, till) end
    if s.refusedAt > 0 then s.refusedLast = max(s.refusedLast, min(now, at)) end
    s.next = max(s.next, s.closedUntil)
  else
    if s.refusedAt > 0 then learn(cost) end
    local apart = every > 0 and every or everyOf(now, 1, 0)
    s.pace = apart > 0 and 1 / apart or 0
    s.isTrying = isTrying(now) and 1 or 0
    s.closedUntil = max(s.closedUntil + 1, till)
    s.refusedLast = min(now, at)
    s.counted = s.closedUntil
    s.closure = s.closedUntil - now
    s.refusedAt = s.refusedLast
    s.lag = max(s.lag, now - s.refusedLast)
    s.learnAt = min(s.closedUntil, now + 250)
    s.shut = min(10, s.shut + 1)
    s.trust = s.trust * 0.9
    for _, q in ipairs(told) do q.refill = q.refill * 0.8 end
    s.next = s.closedUntil
  end
end

local function accept(from, to, cost)
  s.shut = 0
  s.cost = s.cost + cost
  s.trust = min(1, s.trust + 0.0002 * cost)
  if to > s.emptied then
    if s.begun == 0 then s.begun = from end
    s.accepted = s.accepted + cost
  end
  if to <= s.backAt then return end
  if to - from <= 40 then
    from = (from + to) / 2
    to = from
  end
  if history then history[#history + 1] = { from = from, to = to, cost = cost }
  else historyText = historyText .. text(from) .. ',' .. text(to) .. ',' .. text(cost) .. ';' end
  entries = entries + 1
  tidy()
end

local function grant(now, want, cost, extra, known, within)
  local closedUntil = s.closedUntil
  local start = max(now, closedUntil)
  if s.refusedAt > 0 then return { now, start, known > 0 and 1 / known or 0, min(1, want), closedUntil, 1, 0, s.burst, s.backAt } end
  local from = max(s.next, start)
  local every = everyOf(from, cost, known)
  local isBlind = s.way ~= HOLD and every == cost / rateAt(from, cost)
  local rate, goodFor = 0, isBlind and 30 or 250
  if every > 0 and not (isBlind and s.way == FREE) then rate = cost / every end
  local function reply(first, every, count)
    return { now, first, every, count, closedUntil, goodFor, rate, s.burst, s.backAt }
  end
  if cost > 0 then s.next = min(s.next + max(-1000, (every * extra) / cost), max(s.next, now < s.backAt and now or now + 1000)) end
  s.granted = s.granted + extra
  if want == 0 then return reply(start, every, 0) end
  local ahead = isBlind and 8 or 1000
  local count = max(1, min(want, every > 0 and floor(ahead / every) or want))
  local depth = huge
  if s.trust > 0.5 then for _, q in ipairs(told) do depth = min(depth, q.most, max(1, q.most / 4)) end end
  if depth == huge then depth = s.way == FREE and 4 or s.depth end
  local saved = (closedUntil > now or known > 0 or now < s.backAt + 1000) and 0 or depth * every
  local next = max(s.next, start - saved)
  local isSaved = next + count * every <= start
  local first = isSaved and start or max(next, start - min(saved, 40))
  if first - now > within then return reply(first, every, 0) end
  if s.way == HOLD then s.since = s.since + max(0, start - s.next) end
  s.next = (isSaved and next or first) + count * every
  if every == 60000 then s.next = min(s.next, start + every) end
  local isUsed = s.accepted + 10 >= 0.5 * s.granted
  if s.way == SEARCH and isUsed and every == cost / s.base then
    s.base = s.base * exp(min(250, max(0, first - s.used)) / 1000)
  end
  s.used = max(s.used, first)
  s.every = every
  s.granted = s.granted + count * cost
  local at = max(now, s.next)
  for _, q in ipairs(told) do
    q.left = leftAt(q, at) - count * unitsOf(q.name, cost)
    q.leftAt = max(q.leftAt, at)
    if at > q.resetAt then q.resetAt = at + q.window end
  end
  return reply(first, isSaved and 0 or every, count)
end

local function restart(at)
  history = s.way == FREE and {} or { { from = at, to = at, cost = 0 } }
  historyText, entries = '', #history
  s.emptied, s.accepted, s.begun, s.granted = at, 0, 0, 0
end

local function part(now, aloneFor)
  s.backAt = max(s.backAt > now and s.backAt or now + 3000, now + aloneFor)
  restart(s.backAt)
  s.refusedAt = 0
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
    for i, entry in ipairs(history) do past[i] = text(entry.from) .. ',' .. text(entry.to) .. ',' .. text(entry.cost) .. ';' end
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

local want, cost, known, extra = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local aloneFor, within = tonumber(ARGV[12]), tonumber(ARGV[13])
load(now, tonumber(ARGV[6]), tonumber(ARGV[7]), aloneFor)
s.lost = s.lost + max(0, s.seen - now)
s.seen = now
now = now + s.lost
if s.way == FREE and now - s.used > 1000 and s.refusedAt == 0 then restart(now) end
records(ARGV[8], function(one)
  local n = numbers(one)
  accept(n[1], n[2], n[3])
end)
if aloneFor then part(now, aloneFor) end
s.requests = s.requests + tonumber(ARGV[5])
outvote(tonumber(ARGV[5]))
records(ARGV[10], function(one)
  local name, rest = string.match(one, '^([^,]*),(.*)$')
  local n = numbers(rest)
  hear(tonumber(ARGV[6]), name, n[1], n[2], n[3], n[4], n[5])
end)
if ARGV[9] ~= '' then
  local n = numbers(ARGV[9])
  if isBelieved(now, n[5] == 1) then refuse(now, n[1], n[2], n[3], n[4], cost) end
end
if s.refusedAt > 0 and now >= s.learnAt then learn(cost) end
local reply = grant(now, want, cost, extra, known, within)
save(ceil(max(tonumber(ARGV[11]), s.next - now, s.closedUntil - now) + 60000))
for i, n in ipairs(reply) do reply[i] = text(n) end
return table.concat(reply, ' ')
`;
