/** `tidy.ts` in Lua. */
export const TIDY: string = `
local function inTime(a, b)
  if a.from ~= b.from then return a.from < b.from end
  if a.to ~= b.to then return a.to < b.to end
  return a.cost > b.cost
end

local function bend(start, before, entry)
  return abs(before.cost * (entry.to - before.to) - entry.cost * (before.to - start)) / max(1, entry.to - start)
end

local function merge(grain)
  table.sort(s.history, inTime)
  local kept = {}
  local start = s.history[1].from
  local isPair = false
  for _, entry in ipairs(s.history) do
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
  s.history = kept
end

local function keep(from, to, cost)
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

local function marksOf()
  local marks = {}
  for n, entry in ipairs(s.history) do if entry.cost == 0 then marks[#marks + 1] = n end end
  return marks
end

local function keepFrom(first)
  local kept = {}
  for n = first, #s.history do kept[#kept + 1] = s.history[n] end
  s.history = kept
end

local function mark(at)
  table.insert(s.history, { from = at, to = at, cost = 0 })
  merge(0)
  local marks = marksOf()
  if #marks > 8 then table.remove(s.history, marks[2]) end
end
`;
