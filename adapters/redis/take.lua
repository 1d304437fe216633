-- Token buckets, all of them or none. KEYS: one hash a bucket. ARGV: 1 the instant in ms or "" for the server's clock, 2 tokens, then per second
-- and burst of each bucket. Levels are whole thousandths of a token. Answers the index of the first bucket that was short (0: taken), then each level.
local now = tonumber(ARGV[1])
if now == nil then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local levels, prices, short = {}, {}, 0
for i, key in ipairs(KEYS) do
  local perSecond, burst = tonumber(ARGV[1 + 2 * i]), tonumber(ARGV[2 + 2 * i])
  local filling = redis.call('HMGET', key, 'level', 'at')
  local level = burst * 1000
  if filling[1] then
    -- A clock that goes back gives nothing and takes nothing.
    level = math.min(level, tonumber(filling[1]) + math.max(0, now - tonumber(filling[2])) * perSecond)
  end
  levels[i], prices[i] = level, math.min(tonumber(ARGV[2]), burst) * 1000
  if short == 0 and level < prices[i] then short = i end
end
for i, key in ipairs(KEYS) do
  if short == 0 then levels[i] = levels[i] - prices[i] end
  redis.call('HSET', key, 'level', string.format('%d', levels[i]), 'at', string.format('%d', now))
  -- A bucket that is full again says nothing: it may go.
  redis.call('PEXPIRE', key, math.ceil(tonumber(ARGV[2 + 2 * i]) / tonumber(ARGV[1 + 2 * i])) * 1000 + 1000)
end
return { short, unpack(levels) }
