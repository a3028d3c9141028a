-- The generic cell rate algorithm on all buckets of one request: all of them take it, or none does.
-- KEYS: buckets. ARGV: cost, then for each bucket its interval (microseconds a unit) and its quota.
-- A bucket is the time at which it will be whole again. The clock is this server's alone, so any
-- number of processes and machines, whatever their clocks say, count the same.
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local kept = redis.call('MGET', unpack(KEYS))
local cost = tonumber(ARGV[1])
local admitted = 1
local waits, befores, afters, wholes = {}, {}, {}, {}
for i = 1, #KEYS do
  local interval, quota = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local whole = interval * quota
  -- Not past its quota: a clock that was set back keeps nobody waiting for longer than that.
  local before = math.min(math.max(tonumber(kept[i] or now), now), now + whole)
  local after = before + math.min(cost, quota) * interval
  local wait = math.max(after - whole - now, 0)
  if wait > 0 then admitted = 0 end
  waits[i], befores[i], afters[i], wholes[i] = wait, before, after, whole
end
local answer = {admitted}
for i = 1, #KEYS do
  local ends = befores[i]
  if admitted == 1 then
    ends = afters[i]
    redis.call('SET', KEYS[i], string.format('%.0f', ends), 'PX', math.ceil((ends - now) / 1000))
  end
  answer[#answer + 1] = math.floor((now + wholes[i] - ends) / tonumber(ARGV[2 * i]))
  answer[#answer + 1] = waits[i]
  answer[#answer + 1] = ends - now
end
return answer
