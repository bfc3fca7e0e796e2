/**
 * `decide.ts` in Lua. The last part: it answers the question in `ARGV[1]`, and returns the members of `wire.ts`. The key expires an hour after its
 * last use, or after the limit's last slot if that is later.
 */
export const DECIDE: string = `
local function isCounted(now, isDoubted)
  if s.alone < 2 and (not isDoubted or s.way == SEARCH or isRaising(now)) then return true end
  s.doubted = s.doubted + 1
  if s.doubted < 4 then return false end
  s.alone = 0
  return true
end

local function outvote(requests)
  if s.doubted == 0 then return end
  s.doubted = max(0, s.doubted - requests / 8)
  if s.doubted == 0 and s.way == FREE then s.history = {} end
end

local function refuse(now, refusal, cost)
  local at, every, wait = refusal.at, refusal.every, refusal.wait
  local length = wait or min(3000, 250 * 2 ^ s.shut)
  local till = ceil(now + length)
  if refusal.closedUntil < s.counted then
    if wait then s.closedUntil = max(s.closedUntil, till) end
    if s.refusedAt > 0 then s.refusedLast = max(s.refusedLast, min(now, at)) end
    s.next = max(s.next, s.closedUntil)
  else
    if s.refusedAt > 0 then learn(cost) end
    local gap = every > 0 and every or everyOf(now, 1, 0)
    s.pace = gap > 0 and 1 / gap or 0
    s.closedUntil = max(s.closedUntil + 1, till)
    s.refusedLast = min(now, at)
    s.counted = s.closedUntil
    s.closure = s.closedUntil - now
    s.refusedAt = s.refusedLast
    s.shut = min(10, s.shut + 1)
    local isUsedUp = false
    for _, q in ipairs(s.told) do
      q.refill = q.refill * 0.8
      local isAsked = not wait or q.resetAt <= till + 1000
      isUsedUp = isUsedUp or isAsked and q.signs >= 2 and q.said < 1 and q.heardAt >= s.refusedAt
    end
    if not isUsedUp then s.trust = s.trust * 0.9 end
    s.next = s.closedUntil
  end
end

local function accept(from, to, cost)
  s.shut = 0
  s.cost = s.cost + cost
  if to > s.emptied then
    if s.begun == 0 then s.begun = from end
    s.accepted = s.accepted + cost
  end
  if to > s.backAt then addAccepted(from, to, cost) end
end

local function grant(now, question)
  local want, cost, extra, known, within = question.want, question.cost, question.extra, question.known, question.within
  local closedUntil = s.closedUntil
  local start = max(now, closedUntil)
  if s.refusedAt > 0 then return { now, start, known > 0 and 1 / known or 0, min(1, want), closedUntil, 1, 0, s.burst, s.backAt } end
  local from = max(s.next, start)
  local every = everyOf(from, cost, known)
  local isSearching = s.way ~= HOLD and every == cost / rateAt(from, cost)
  local rate, goodFor = 0, isSearching and 30 or 250
  if every > 0 and not (isSearching and s.way == FREE) then rate = cost / every end
  local function reply(first, every, count)
    return { now, first, every, count, closedUntil, goodFor, rate, s.burst, s.backAt }
  end
  if cost > 0 then s.next = min(s.next + max(-1000, (every * extra) / cost), max(s.next, now < s.backAt and now or now + 1000)) end
  s.granted = s.granted + extra
  if want == 0 then return reply(start, every, 0) end
  local ahead = isSearching and 8 or 1000
  local count = max(1, min(want, every > 0 and floor(ahead / every) or want))
  local depth = huge
  if s.trust > 0.5 then for _, q in ipairs(s.told) do depth = min(depth, q.most / max(1, unitsOf(q, cost))) end end
  if depth == huge then depth = s.way == FREE and 4 or s.depth / max(1, cost) end
  local saved = (closedUntil > now or known > 0 or now < s.backAt + 1000) and 0 or depth * every
  local next = max(s.next, start - saved)
  local isSaved = next + count * every <= start
  local due = isSaved and start or max(next, start - min(saved, 40))
  local isTooLate = due - now > within
  local isAtOnce = isTooLate and saved > 0 and fitsWindows(now, count, cost)
  if isTooLate and not isAtOnce then return reply(due, every, 0) end
  local first = isAtOnce and now or due
  if s.way == HOLD then s.since = s.since + max(0, start - s.next) end
  s.next = isAtOnce and next or (isSaved and next or first) + count * every
  if every == 60000 then s.next = min(s.next, start + every) end
  local isUsed = s.accepted + 10 >= 0.5 * s.granted
  if s.way == SEARCH and isUsed and every == cost / s.base then
    s.base = s.base * exp(min(250, max(0, first - s.used)) / 1000)
  end
  s.used = max(s.used, first)
  s.every = every
  s.granted = s.granted + count * cost
  local at = isAtOnce and now or max(now, s.next)
  for _, q in ipairs(s.told) do
    q.left = leftAt(q, at) - count * unitsOf(q, cost)
    q.leftAt = max(q.leftAt, at)
    if at > q.resetAt then q.resetAt = at + q.window end
  end
  return reply(first, (isSaved or isAtOnce) and 0 or every, count)
end

local function restartHistory(at)
  s.history = s.way == FREE and {} or { { from = at, to = at, cost = 0 } }
  s.emptied, s.accepted, s.begun, s.granted = at, 0, 0, 0
end

local function leaveStore(now, aloneFor)
  s.backAt = max(s.backAt > now and s.backAt or now + 3000, now + aloneFor)
  restartHistory(s.backAt)
  s.refusedAt = 0
end

local function text(n)
  if n == floor(n) and n > -1e15 and n < 1e15 then return string.format('%d', n) end
  return string.format('%.17g', n)
end

local question = cjson.decode(ARGV[1])
local cost, aloneFor, refusal = question.cost, question.aloneFor, question.refusal
local kept = redis.call('GET', KEYS[1])
s = kept and cmsgpack.unpack(kept) or newLimit(now, question.lastRate, question.lastBurst, aloneFor)
s.lost = s.lost + max(0, s.seen - now)
s.seen = now
now = now + s.lost
if s.way == FREE and now - s.used > 1000 and s.refusedAt == 0 then restartHistory(now) end
for _, one in ipairs(question.accepted) do accept(min(now, one.from), min(now, one.to), one.cost) end
if aloneFor then leaveStore(now, aloneFor) end
s.requests = s.requests + question.requests
s.trust = min(1, s.trust + trustRegained() * question.requests)
outvote(question.requests)
for _, quota in ipairs(question.quotas) do recordQuota(quota, min(now, quota.at), question.lastRate) end
if refusal and isCounted(now, refusal.isDoubted) then refuse(now, refusal, cost) end
if s.refusedAt > 0 and now >= s.counted - s.closure + min(s.closure, 250) then learn(cost) end
local reply = grant(now, question)
redis.call('SET', KEYS[1], cmsgpack.pack(s), 'PX', ceil(max(3600000, s.next - now, s.closedUntil - now) + 60000))
for i, n in ipairs(reply) do reply[i] = text(n) end
return table.concat(reply, ' ')
`;
