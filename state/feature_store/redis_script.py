"""Script that a Redis server runs to write: it alone sees what is kept and what comes as one step."""

# KEYS: keys of entities, of which some may repeat.
# ARGV: lifetime in ms, number of names, the names, then the cells of each key in their order.
# Returns the number of cells that were older than those kept.
WRITE = """
local lifetime, width = ARGV[1], tonumber(ARGV[2])
local names = {}
for place = 1, width do names[place] = ARGV[2 + place] end
local older = 0
for row, key in ipairs(KEYS) do
  local kept = redis.call('HMGET', key, unpack(names))
  local fields = {}
  for place = 1, width do
    local cell, old = ARGV[2 + width * row + place], kept[place]
    -- What is shorter than the head of a cell was not written here, and gives way.
    if old and #old >= 9 and struct.unpack('>i8', old) > struct.unpack('>i8', cell) then
      older = older + 1
    else
      fields[#fields + 1] = names[place]
      fields[#fields + 1] = cell
    end
  end
  if #fields > 0 then
    redis.call('HSET', key, unpack(fields))
    redis.call('PEXPIRE', key, lifetime)
  end
end
return older
"""
