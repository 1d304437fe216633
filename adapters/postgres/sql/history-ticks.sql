-- Ticks after $2 with all that went in and came out, as a replay reads them. What belongs to them is read as one range of ticks, and then
-- put together.
with t as materialized (
  select tick, record from tick where cell = $1 and tick > $2::bigint and tick <= $3::bigint order by tick limit $4::integer
), folded as materialized (
  select i.tick, json_agg(json_build_object('id', i.id, 'receivedAt', i.received_at_ms, 'actor', i.actor, 'command', i.command) order by i.id) as rows
  from intake i where i.cell = $1 and i.tick > $2::bigint and i.tick <= (select max(tick) from t) group by i.tick
), told as materialized (
  select e.tick, json_agg(json_build_object('id', e.id, 'sequence', e.sequence, 'tick', e.tick, 'epoch', e.epoch, 'type', e.type, 'at', e.at_ms,
    'department', e.department_id, 'agent', e.agent_id, 'request', e.request_id, 'lease', e.lease_id,
    'policyRevision', e.policy_revision, 'data', e.data) order by e.sequence) as events
  from event e where e.cell = $1 and e.tick > $2::bigint and e.tick <= (select max(tick) from t) group by e.tick
)
select t.tick, t.record, coalesce(folded.rows, '[]') as rows, coalesce(told.events, '[]') as events
from t left join folded on folded.tick = t.tick left join told on told.tick = t.tick
order by t.tick;
