import { dataField } from "../contract.ts";

/**
 * What Redis does in one piece: messages, their order and the record of them, all of it or nothing, whoever is killed.
 *
 * KEYS of both: manual payouts, the payout, its submit stream, orders.
 * ARGV of both: the payout's id, position, order as JSON without count, number of payments.
 * Redis does not undo what a failing script has done, so what can fail is looked at first.
 */
const beginning = `
if redis.call('SISMEMBER', KEYS[1], ARGV[1]) == 1 then return {'manual', 0} end
if redis.call('EXISTS', KEYS[2]) == 0 then return {'unknown', 0} end
for i = 3, 4 do
  local kind = redis.call('TYPE', KEYS[i]).ok
  if kind ~= 'stream' and kind ~= 'none' then return redis.error_reply(KEYS[i] .. ' is a ' .. kind .. ', not a stream') end
end
local payments, fresh = tonumber(ARGV[4]), 0
local function put(message)
  redis.call('XADD', KEYS[3], '*', '${dataField}', message)
  fresh = fresh + 1
end
local function finish(field)
  if fresh > 0 then
    local order = cjson.decode(ARGV[3])
    order.count = fresh
    redis.call('XADD', KEYS[4], '*', '${dataField}', cjson.encode(order))
  end
  redis.call('HSET', KEYS[2], field, ARGV[2])
  return {'done', fresh}
end
`;

/**
 * The first operator's authorizations.
 * Further KEYS: documents dealt with, payments authorized by the first operator alone.
 * Further ARGV: for each payment its documentId, its payment key and the message, then the documentIds left alone.
 */
export const firstScript = `${beginning}
for i = 0, payments - 1 do
  local at = 5 + i * 3
  if redis.call('SADD', KEYS[5], ARGV[at]) == 1 then
    redis.call('HSET', KEYS[6], ARGV[at + 1], ARGV[at])
    put(ARGV[at + 2])
  end
end
for i = 5 + payments * 3, #ARGV do redis.call('SADD', KEYS[5], ARGV[i]) end
return finish('position')
`;

/**
 * The second operator's authorizations.
 * Further KEYS: payments authorized by the first operator alone.
 * Further ARGV: for each payment its payment key and the message.
 */
export const secondScript = `${beginning}
for i = 0, payments - 1 do
  local at = 5 + i * 2
  if redis.call('HDEL', KEYS[5], ARGV[at]) == 1 then put(ARGV[at + 1]) end
end
return finish('answered')
`;
