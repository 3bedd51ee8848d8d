/**
 * Where two writers meet in Redis: each script runs whole, with nothing in between.
 *
 * Bodies are handed through as they are: Lua's JSON cannot tell an empty list from an empty mapping. All keys
 * have one hash tag, so that a cluster keeps them on one node and a script may touch several.
 */

/**
 * KEYS: seq, journal, then for each change its kind, the history of its kind and of its id.
 * ARGV: who, when, entries kept, then for each change kind, id, whether and which version is expected, whether
 * and what it becomes. Answers 'done' and the last number, or 'conflict', which change, and the version.
 */
export const COMMIT = `
local fields = 6
local changes = (#ARGV - 3) / fields
local before = {}
for i = 1, changes do
  local at = 3 + (i - 1) * fields
  local kept = redis.call('HGET', KEYS[3 + (i - 1) * 3], ARGV[at + 2])
  local version = '0'
  if kept then
    local space = string.find(kept, ' ', 1, true)
    version = string.sub(kept, 1, space - 1)
    before[i] = string.sub(kept, space + 1)
  end
  if ARGV[at + 3] == '1' and ARGV[at + 4] ~= version then return {'conflict', i, version} end
end
local last = 0
for i = 1, changes do
  local at = 3 + (i - 1) * fields
  local key = 3 + (i - 1) * 3
  local kind, id = ARGV[at + 1], ARGV[at + 2]
  local seq = redis.call('INCR', KEYS[1])
  last = seq
  local entry = {'who', ARGV[1], 'at', ARGV[2], 'kind', kind, 'id', id}
  if before[i] then entry[#entry + 1] = 'before'; entry[#entry + 1] = before[i] end
  if ARGV[at + 5] == '1' then
    redis.call('HSET', KEYS[key], id, seq .. ' ' .. ARGV[at + 6])
    entry[#entry + 1] = 'after'; entry[#entry + 1] = ARGV[at + 6]
  else
    redis.call('HDEL', KEYS[key], id)
  end
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], seq .. '-0', unpack(entry))
  for of = 1, 2 do
    redis.call('ZADD', KEYS[key + of], seq, seq)
    redis.call('ZREMRANGEBYSCORE', KEYS[key + of], '-inf', seq - ARGV[3])
  end
end
redis.call('PUBLISH', KEYS[2], last)
return {'done', last}
`

/**
 * KEYS: batches, then those of usage. ARGV: source, number, then number of the key, field, bytes, seconds kept.
 * Answers 1, or 0 where the batch is known.
 */
export const ADD_USAGE = `
local known = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if known >= tonumber(ARGV[2]) then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
for at = 3, #ARGV, 4 do
  local key = KEYS[1 + tonumber(ARGV[at])]
  redis.call('HINCRBY', key, ARGV[at + 1], ARGV[at + 2])
  redis.call('EXPIRE', key, ARGV[at + 3])
end
return 1
`

/** KEYS: journal, where it is written anew. ARGV: names whose hex digits are emptied. */
export const STRIKE = `
redis.call('DEL', KEYS[2])
local from = '-'
while true do
  local entries = redis.call('XRANGE', KEYS[1], from, '+', 'COUNT', 500)
  for _, entry in ipairs(entries) do
    local cells = entry[2]
    for i = 2, #cells, 2 do
      for _, name in ipairs(ARGV) do
        cells[i] = string.gsub(cells[i], '("' .. name .. '":)"%x+"', '%1""')
      end
    end
    redis.call('XADD', KEYS[2], entry[1], unpack(cells))
    from = '(' .. entry[1]
  end
  if #entries == 0 then break end
end
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('RENAME', KEYS[2], KEYS[1]) end
`
