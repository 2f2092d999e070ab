"""Script that a Redis server runs to write: only there are the read of the kept value and the write one step."""

# KEYS: keys of entities, of which some may repeat.
# ARGV: lifetime in ms, number of names, the names, then the cells of each key in their order.
# Returns the number of cells that were older than those kept. What was not written here gives way: keys of another
# type, cells that are too short, and those of no kind.
WRITE = """
local lifetime, width = ARGV[1], tonumber(ARGV[2])
-- Lua hands no more than some thousand values to a function.
local most = 2000
local older = 0
for row, key in ipairs(KEYS) do
  local is_changed = false
  for first = 1, width, most do
    local names, last = {}, math.min(first + most - 1, width)
    for place = first, last do names[#names + 1] = ARGV[2 + place] end
    local kept = redis.pcall('HMGET', key, unpack(names))
    if kept.err then
      if not string.find(kept.err, 'WRONGTYPE', 1, true) then return kept end
      redis.call('DEL', key)
      kept = {}
    end
    local fields = {}
    for place, name in ipairs(names) do
      local cell, old = ARGV[1 + width * row + first + place], kept[place]
      local is_ours = old and #old >= 9 and string.byte(old, 9) <= 4
      if is_ours and struct.unpack('>i8', old) > struct.unpack('>i8', cell) then
        older = older + 1
      else
        fields[#fields + 1] = name
        fields[#fields + 1] = cell
      end
    end
    if #fields > 0 then
      redis.call('HSET', key, unpack(fields))
      is_changed = true
    end
  end
  if is_changed then redis.call('PEXPIRE', key, lifetime) end
end
return older
"""
