-- The pace of all workers that share an account. Redis runs it as one step, by its own clock, in whole ms.
--
-- KEYS: [1] the state, a hash
--       [2] who waits, a hash of JSON by turn
--       [3] the timestamps given, a sorted set
--       [4] requests counted apart from the total, by when they were answered, a sorted set
--       and for each limit two sorted sets:
--       [3 + 2i] requests that were answered, by when they were
--       [4 + 2i] requests under way, by when they are given up on
-- ARGV: [1] what to do
--       [2] the turn
--       [3] the limits as JSON
--       [4] a number: for "ask" 1 if a timestamp is wanted, for "done" the ms since the answer, for "hold" the ms to
--           hold, for "clock" the venue's clock minus Redis', in ms
--       [5] for "clock" the timestamp that was refused
--
-- A limit has a name, n requests in w ms, the weight of this request, and the ms after which it is given up on.
-- "apart" marks the total where it does not count, until the venue has refused a request for sending too many.
--
-- Connections to one account may have different limits of one name, so nothing of a window is stored.
--
-- A request counts from its start to its answer, and then for the window from the answer on: the venue counts it
-- when it arrives, which is somewhere between.

local LAPSE = 1000        -- ms after which a turn that nobody takes, or asks for again, is another's
local ASK_AGAIN = 2000    -- ms, or an eighth of the wait, after which who waits asks again: others may have died
local LONGEST_HOLD = 86400000
local LIFETIME = 600000   -- ms that keys outlive what is in them
local KEPT = 100000       -- ms that answered requests are kept at least: another's window may be longer
local ASTRAY = 1000       -- ms that times of the past may be ahead, as Redis' clock may be set back
local AHEAD = 1500        -- ms that a timestamp may be ahead of the venue's clock after it was refused
local REMEMBERED = 16     -- timestamps
local REFUSED_FOR = 3600000  -- ms that nothing is counted apart after a refusal that does not say for how long

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local action, turn, number = ARGV[1], ARGV[2], tonumber(ARGV[4])
local limits = cjson.decode(ARGV[3])

local state = redis.call('HMGET', KEYS[1], 'hold', 'refused', 'took', 'offset', 'held')
local hold = math.min(tonumber(state[1] or 0), now + LONGEST_HOLD)
local is_refused = now - tonumber(state[2] or 0) < REFUSED_FOR and 1 or 0
local took, offset = tonumber(state[3] or 50), tonumber(state[4] or 0)

local function text(value) return string.format('%.0f', value) end

local function remember(name, value)
  redis.call('HSET', KEYS[1], name, text(value))
  redis.call('PEXPIRE', KEYS[1], text(math.max(0, hold - now) + LONGEST_HOLD))
end

if tonumber(state[5] or 0) > now + ASTRAY then  -- the clock was set back, and a hold must not last longer for that
  hold = math.min(hold, now + math.max(0, hold - tonumber(state[5])))
  remember('hold', hold)
  remember('held', now)
end

-- Limits that are not to be seen yet count aside.
local counted = {}
for at, limit in ipairs(limits) do
  limit.answered, limit.under_way = KEYS[3 + 2 * at], KEYS[4 + 2 * at]
  if not limit.apart or is_refused == 1 then counted[#counted + 1] = limit else limit.aside = true end
end

local function members(limit)
  local all = {}
  for each = 1, limit.weight do all[each] = turn .. '#' .. each end
  return all
end

local function forget(key, limit)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', text(now - math.max(KEPT, limit.w)))
  redis.call('ZREMRANGEBYSCORE', key, '(' .. text(now + ASTRAY), '+inf')
end

local function answered(key, limit, at)
  local arguments = {}
  for each, member in ipairs(members(limit)) do
    arguments[2 * each - 1], arguments[2 * each] = text(at), member
  end
  redis.call('ZADD', key, unpack(arguments))
  forget(key, limit)
  redis.call('PEXPIRE', key, text(limit.w + LIFETIME))
end

-- Requests under way that were given up on count as answered then; what no law allows is foreign, and goes.
local function tidy(limit)
  local late = redis.call('ZRANGEBYSCORE', limit.under_way, '-inf', text(now), 'WITHSCORES')
  for each = 1, #late, 2 do
    redis.call('ZREM', limit.under_way, late[each])
    redis.call('ZADD', limit.answered, late[each + 1], late[each])
  end
  redis.call('ZREMRANGEBYSCORE', limit.under_way, '(' .. text(now + limit.lease + LIFETIME), '+inf')
  forget(limit.answered, limit)
end

-- What was answered before this counts no more.
local function since(limit) return '(' .. text(now - limit.w) end

if action == 'done' then
  for at, limit in ipairs(limits) do
    local given_up = redis.call('ZSCORE', limit.under_way, turn .. '#1')
    if given_up and at == 1 then
      took = took + (math.max(1, now - given_up + limit.lease) - took) / 4
      remember('took', took)
    end
    redis.call('ZREM', limit.under_way, unpack(members(limit)))
    local at_the_latest = now + 1 - number
    if limit.w > 0 and at_the_latest + math.max(KEPT, limit.w) > now then
      answered(limit.aside and KEYS[4] or limit.answered, limit, at_the_latest)
    end
  end
  return {0}
end

if action == 'probe' then  -- that it can be written to
  remember('probed', now)
  return {0}
end

if action == 'leave' then
  redis.call('HDEL', KEYS[2], turn)
  for _, limit in ipairs(limits) do redis.call('ZREM', limit.under_way, unpack(members(limit))) end
  return {0}
end

if action == 'hold' then
  hold = math.max(hold, now + math.min(number, LONGEST_HOLD))
  remember('hold', hold)
  remember('held', now)
  return {0}
end

if action == 'refused' then  -- the limits are the total alone
  remember('refused', now)
  if #limits > 0 then
    redis.call('ZUNIONSTORE', limits[1].answered, 2, limits[1].answered, KEYS[4], 'AGGREGATE', 'MAX')
    redis.call('PEXPIRE', limits[1].answered, text(limits[1].w + LIFETIME))
  end
  return {0}
end

if action == 'clock' then
  remember('offset', number)
  redis.call('ZREM', KEYS[3], ARGV[5])
  redis.call('ZREMRANGEBYSCORE', KEYS[3], '(' .. text(now + number + AHEAD), '+inf')
  return {0}
end

-- "ask": start the request, or say when to ask again.

if hold > now then return {hold - now, hold - now, is_refused, now, 0} end

local longest = LIFETIME
for _, limit in ipairs(counted) do
  tidy(limit)
  redis.call('ZREM', limit.under_way, unpack(members(limit)))  -- there if the reply to its start was lost
  longest = math.max(longest, limit.w + LIFETIME)
end

local all, waiting, own = redis.call('HGETALL', KEYS[2]), {}, nil
for each = 1, #all, 2 do
  local other = cjson.decode(all[each + 1])
  if all[each] == turn then
    own = other
  elseif (other.a or other.t) + LAPSE < now or other.t > now + longest + LIFETIME then
    redis.call('HDEL', KEYS[2], all[each])
  else
    waiting[#waiting + 1] = other
  end
end
local place = own and own.q or redis.call('HINCRBY', KEYS[1], 'places', 1)
remember('seen', now)

local at_once, start = true, now
for _, limit in ipairs(counted) do
  local used = redis.call('ZCOUNT', limit.answered, since(limit), '+inf') + redis.call('ZCARD', limit.under_way)
  local before, in_the_way, frees = 0, 0, {}
  local took = math.min(took, limit.lease)  -- longer, and it is given up on
  for _, other in ipairs(waiting) do
    local weight = other.n[limit.name] and math.min(other.n[limit.name], limit.n)
    if weight and other.q < place then
      before = before + weight
      if other.t < now + took + limit.w then in_the_way = in_the_way + weight end
      for _ = 1, weight do frees[#frees + 1] = math.max(other.t, now) + took + limit.w end
    end
  end
  if used + in_the_way + limit.weight > limit.n then
    at_once = false
    local needed = used + before + limit.weight - limit.n
    local scored = redis.call('ZRANGEBYSCORE', limit.answered, since(limit), '+inf', 'WITHSCORES', 'LIMIT', 0, needed)
    for each = 2, #scored, 2 do frees[#frees + 1] = scored[each] + limit.w end
    scored = redis.call('ZRANGE', limit.under_way, 0, needed - 1, 'WITHSCORES')
    for each = 2, #scored, 2 do
      -- Rather a question too many than a place that nobody takes.
      -- Another's lease may be longer than this one's; its request has begun in any case.
      local answer = math.min(scored[each] - limit.lease, now) + took * 0.8
      frees[#frees + 1] = math.max(answer, now + math.max(2, took / 16)) + limit.w
    end
    table.sort(frees)
    start = math.max(start, frees[needed] or frees[#frees] or now)
  end
end

if not at_once then
  start = math.max(math.ceil(start), now + 2)
  local names = {}
  for _, limit in ipairs(counted) do names[limit.name] = limit.weight end
  local again = math.min(start, now + math.max(ASK_AGAIN, math.floor((start - now) / 8)))
  redis.call('HSET', KEYS[2], turn, cjson.encode({q = place, t = start, a = again, n = names}))
  redis.call('PEXPIRE', KEYS[2], text(longest + LIFETIME))
  return {again - now, 0, is_refused, now, 0}
end

redis.call('HDEL', KEYS[2], turn)
for _, limit in ipairs(counted) do
  local arguments = {}
  for each, member in ipairs(members(limit)) do
    arguments[2 * each - 1], arguments[2 * each] = text(now + limit.lease), member
  end
  redis.call('ZADD', limit.under_way, unpack(arguments))
  redis.call('PEXPIRE', limit.under_way, text(limit.lease + limit.w + LIFETIME))
end
local timestamp = 0
if number == 1 then
  local last = redis.call('ZRANGE', KEYS[3], -1, -1)
  timestamp = math.max(now + offset, last[1] and tonumber(last[1]) + 1 or 0)
  redis.call('ZADD', KEYS[3], text(timestamp), text(timestamp))
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -REMEMBERED - 1)
  redis.call('PEXPIRE', KEYS[3], text(LONGEST_HOLD))
end
return {0, 0, is_refused, now, timestamp}
