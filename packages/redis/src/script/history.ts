/** `history.ts` in Lua. */
export const HISTORY: string = `
local function inTime(a, b)
  if a.from ~= b.from then return a.from < b.from end
  if a.to ~= b.to then return a.to < b.to end
  return a.cost > b.cost
end

local function mergeError(start, before, entry)
  return abs(before.cost * (entry.to - before.to) - entry.cost * (before.to - start)) / max(1, entry.to - start)
end

local function merge(grain)
  table.sort(s.history, inTime)
  local kept = {}
  local start = s.history[1].from
  local isMerged = false
  for _, entry in ipairs(s.history) do
    local before = kept[#kept]
    local overlaps = before and entry.from < before.to
    if before and before.cost > 0 and entry.cost > 0 and (overlaps or not isMerged and mergeError(start, before, entry) < grain) then
      before.cost = before.cost + entry.cost
      before.to = max(before.to, entry.to)
      isMerged = isMerged or not overlaps
    else
      if before then start = before.to end
      kept[#kept + 1] = entry
      isMerged = false
    end
  end
  s.history = kept
end

local function addAccepted(from, to, cost)
  if to - from <= 40 then
    from = (from + to) / 2
    to = from
  end
  table.insert(s.history, { from = from, to = to, cost = cost })
  if #s.history <= 64 then return end
  local grain = 0.25
  while #s.history > 40 and grain < 1e9 do
    merge(grain)
    grain = grain * 2
  end
end

local function refusalsOf()
  local refusals = {}
  for n, entry in ipairs(s.history) do if entry.cost == 0 then refusals[#refusals + 1] = n end end
  return refusals
end

local function dropBefore(first)
  local kept = {}
  for n = first, #s.history do kept[#kept + 1] = s.history[n] end
  s.history = kept
end

local function addRefusal(at)
  table.insert(s.history, { from = at, to = at, cost = 0 })
  merge(0)
  local refusals = refusalsOf()
  if #refusals > 8 then table.remove(s.history, refusals[2]) end
end
`;
